// What Session.load() and run() are given: read from JavaScript, checked, carried out.
#pragma once

#include <napi.h>

#include <vector>

#include "engine.h"
#include "session.h"

namespace mnn_face {

EngineOptions ReadEngineOptions(const Napi::Value& value);

// {data, width, height}: throws unless the pixels are there.
PixelView ReadPicture(const Napi::Object& picture);

// Integer rectangles inside the picture as [x, y, width, height, …], or affine maps of 6 numbers
// each.
void ReadRegions(const Napi::Value& value, Job& job);

Job ReadJob(const Napi::Object& description);

// The object whose memory the job points into; the task must keep it alive.
Napi::Object PixelsOf(const Napi::Object& description);

// Feeds every region of the job through the lane; outputs are appended region after region.
void RunJob(const Job& job, Lane& lane, std::vector<OutputTensor>& outputs);

// Only the geometry, into `sink` of width x height.
void Resample(const Job& job, size_t region, RowSink& sink);

}  // namespace mnn_face
