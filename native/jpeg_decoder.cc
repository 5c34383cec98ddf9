#include "jpeg_decoder.h"

#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it before
#include <cstring>
#include <utility>

#include "bytes.h"
#include "exif_orientation.h"
#include "upright.h"

namespace mnn_face {
namespace {

// A progressive file of many scans takes long for its size; libjpeg-turbo's documentation advises
// this limit.
constexpr int kMostScans = 500;
constexpr int kChannels = 3;
constexpr int kMostWarnings = 8;

// Rows that are turned at a time: enough for whole cache lines where they land.
constexpr int kBandRows = 64;
constexpr size_t kBandBytes = size_t{2} << 20;

// V8 has no longer typed arrays on every supported Node.
constexpr uint64_t kMostBytes = 0xffff0000;

}  // namespace

// libjpeg's own structures. It reports errors by a callback that must not return, and calls it
// through C frames, so it is left by longjmp: nothing here or below may have a destructor.
struct JpegDecoder::Reader {
  jpeg_decompress_struct file;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf left;
  bool keep_damaged;
  const CancelFlag* cancel;
  int warnings;
  int warning_codes[kMostWarnings];
  char warning_texts[kMostWarnings][JMSG_LENGTH_MAX];

  static Reader& Of(j_common_ptr file) { return *static_cast<Reader*>(file->client_data); }

  [[noreturn]] static void Leave(j_common_ptr file) { std::longjmp(Of(file).left, 1); }

  static void Warn(j_common_ptr file, int level) {
    if (level >= 0) return;  // a trace message
    Reader& reader = Of(file);
    if (!reader.keep_damaged) Leave(file);
    reader.Note();
  }

  static void Progress(j_common_ptr file) {
    const Reader& reader = Of(file);
    if (reader.cancel->IsSet() || reader.file.input_scan_number > kMostScans) Leave(file);
  }

  // The current message, once.
  void Note() {
    const int code = errors.msg_code;
    if (warnings == kMostWarnings) return;
    if (std::find(warning_codes, warning_codes + warnings, code) != warning_codes + warnings) {
      return;
    }
    warning_codes[warnings] = code;
    errors.format_message(reinterpret_cast<j_common_ptr>(&file), warning_texts[warnings]);
    ++warnings;
  }

  bool ReadHeader(const uint8_t* jpeg, size_t size) {
    if (setjmp(left) != 0) return false;
    jpeg_create_decompress(&file);
    file.client_data = this;
    file.progress = &progress;
    jpeg_mem_src(&file, jpeg, static_cast<unsigned long>(size));
    return jpeg_read_header(&file, TRUE) == JPEG_HEADER_OK;
  }

  bool Scale(int reduction) {
    if (setjmp(left) != 0) return false;
    file.out_color_space = JCS_RGB;
    file.dct_method = JDCT_ISLOW;
    file.do_fancy_upsampling = TRUE;
    file.scale_num = 1;
    file.scale_denom = static_cast<unsigned int>(reduction);
    jpeg_calc_output_dimensions(&file);
    return file.output_components == kChannels;
  }

  // To `out` itself, or by way of `band`, which holds `band_rows` rows, when they are turned.
  bool ReadRows(uint8_t* out, int orientation, uint8_t* band, int band_rows) {
    if (setjmp(left) != 0) return false;
    jpeg_start_decompress(&file);
    const int width = static_cast<int>(file.output_width);
    const int height = static_cast<int>(file.output_height);
    const size_t row_bytes = static_cast<size_t>(width) * kChannels;
    while (file.output_scanline < file.output_height) {
      const int top = static_cast<int>(file.output_scanline);
      const int wanted = std::min(band_rows, height - top);
      uint8_t* to = band != nullptr ? band : out + top * row_bytes;
      JSAMPROW rows[kBandRows];
      for (int i = 0; i < wanted; ++i) rows[i] = to + i * row_bytes;
      for (int done = 0; done < wanted;) {
        const JDIMENSION read =
            jpeg_read_scanlines(&file, rows + done, static_cast<JDIMENSION>(wanted - done));
        if (read == 0) return false;
        done += static_cast<int>(read);
      }
      if (band != nullptr) TurnRows(band, top, wanted, width, height, orientation, out);
    }
    return true;
  }

  // Up to the end of the file: says whether it has one.
  bool Finish() {
    if (setjmp(left) != 0) {
      // All rows are there: that is a picture to imread too.
      if (keep_damaged) Note();
      return keep_damaged && !cancel->IsSet();
    }
    jpeg_finish_decompress(&file);
    return true;
  }
};

JpegDecoder::JpegDecoder(const uint8_t* jpeg, size_t size, const JpegOptions& options,
                         CancelFlag cancel)
    : jpeg_(jpeg), size_(size), options_(options), cancel_(std::move(cancel)) {}

JpegDecoder::~JpegDecoder() = default;

void JpegDecoder::DestroyReader::operator()(Reader* reader) const {
  const std::unique_ptr<Reader> owner(reader);
  jpeg_destroy_decompress(&reader->file);
}

bool JpegDecoder::Plan() {
  cancel_.Check();
  if (size_ < 4 || jpeg_[0] != 0xff || jpeg_[1] != 0xd8) return false;
  if (const auto orientation = ExifOrientation(jpeg_, size_)) {
    orientation_ = *orientation;
  } else if (options_.keep_damaged) {
    const DamagedOrientation damaged = ExifOrientationOfDamaged(jpeg_, size_);
    orientation_ = damaged.orientation;
    if (damaged.doubtful)
      warnings_.push_back("The EXIF block is damaged: its orientation may be wrong");
  } else {
    return false;
  }
  cancel_.Check();

  reader_.reset(std::make_unique<Reader>().release());  // zeros
  Reader& reader = *reader_;
  reader.file.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = Reader::Leave;
  reader.errors.emit_message = Reader::Warn;
  reader.progress.progress_monitor = Reader::Progress;
  reader.keep_damaged = options_.keep_damaged;
  reader.cancel = &cancel_;
  if (!reader.ReadHeader(jpeg_, size_)) return false;

  const jpeg_decompress_struct& file = reader.file;
  const bool known_colours = file.jpeg_color_space == JCS_YCbCr ||
                             file.jpeg_color_space == JCS_GRAYSCALE ||
                             file.jpeg_color_space == JCS_RGB;
  if (file.data_precision != 8 || !known_colours) return false;
  plan_.full_width = static_cast<int>(file.image_width);
  plan_.full_height = static_cast<int>(file.image_height);
  if (static_cast<double>(plan_.full_width) * plan_.full_height > options_.max_pixels) return false;

  int reduction = 1;
  const int shorter = std::min(plan_.full_width, plan_.full_height);
  while (options_.least_side > 0 && reduction < 8 &&
         shorter / (2 * reduction) >= options_.least_side) {
    reduction *= 2;
  }
  if (!reader.Scale(reduction)) return false;
  plan_.width = static_cast<int>(file.output_width);
  plan_.height = static_cast<int>(file.output_height);
  if (SwapsSides(orientation_)) {
    std::swap(plan_.width, plan_.height);
    std::swap(plan_.full_width, plan_.full_height);
  }
  return plan_.bytes() <= kMostBytes;
}

bool JpegDecoder::Decode(uint8_t* out) {
  cancel_.Check();
  // A progressive file's coefficients take twice the memory of its pixels: freed here, off the
  // event loop, which would be held by it.
  const auto owner = std::move(reader_);
  Reader& reader = *owner;
  int band_rows = kBandRows;
  Bytes band;
  if (orientation_ != 1) {
    const size_t row_bytes = size_t{reader.file.output_width} * kChannels;
    band_rows = static_cast<int>(std::clamp<size_t>(kBandBytes / row_bytes, 8, kBandRows));
    band.resize(band_rows * row_bytes);
  }
  const bool decoded =
      reader.ReadRows(out, orientation_, band.empty() ? nullptr : band.data(), band_rows) &&
      reader.Finish();
  cancel_.Check();
  warnings_.insert(warnings_.end(), reader.warning_texts, reader.warning_texts + reader.warnings);
  return decoded;
}

}  // namespace mnn_face
