// What Session.load() and run() are given: read from JavaScript, checked, carried out.
#pragma once

#include <napi.h>

#include <vector>

#include "engine.h"
#include "session.h"

namespace mnn_face {

EngineOptions ReadEngineOptions(const Napi::Value& value);

Job ReadJob(const Napi::Object& description);

// Feeds every region of the job through the lane; outputs are appended region after region.
void RunJob(const Job& job, Lane& lane, const CancelFlag& cancel,
            std::vector<OutputTensor>& outputs);

// Only the geometry, into `sink` of width x height.
void Resample(const Job& job, size_t region, RowSink& sink);

}  // namespace mnn_face
