#include "op_check.h"

namespace mnn_face {
namespace {

constexpr int64_t kMostValues = int64_t{1} << 28;

// What an op must carry. MNN casts the parameter by the op's type and uses it unchecked.
struct KnownOp {
  MNN::OpType type;
  MNN::OpParameter parameter;
  bool optional;  // whether the op may come without it
};

constexpr KnownOp kKnownOps[] = {
    {MNN::OpType_Input, MNN::OpParameter_Input, false},
    {MNN::OpType_Const, MNN::OpParameter_Blob, false},
    {MNN::OpType_Convolution, MNN::OpParameter_Convolution2D, false},
    {MNN::OpType_ConvolutionDepthwise, MNN::OpParameter_Convolution2D, false},
    {MNN::OpType_Deconvolution, MNN::OpParameter_Convolution2D, false},
    {MNN::OpType_DeconvolutionDepthwise, MNN::OpParameter_Convolution2D, false},
    {MNN::OpType_ConvInt8, MNN::OpParameter_Convolution2D, false},
    {MNN::OpType_DepthwiseConvInt8, MNN::OpParameter_Convolution2D, false},
    {MNN::OpType_FloatToInt8, MNN::OpParameter_QuantizedFloatParam, false},
    {MNN::OpType_Int8ToFloat, MNN::OpParameter_QuantizedFloatParam, false},
    {MNN::OpType_EltwiseInt8, MNN::OpParameter_EltwiseInt8, false},
    {MNN::OpType_Pooling, MNN::OpParameter_Pool, false},
    {MNN::OpType_Pooling3D, MNN::OpParameter_Pool3D, false},
    {MNN::OpType_ReLU, MNN::OpParameter_Relu, true},
    {MNN::OpType_ReLU6, MNN::OpParameter_Relu6, true},
    {MNN::OpType_PReLU, MNN::OpParameter_PRelu, false},
    {MNN::OpType_ELU, MNN::OpParameter_ELU, true},
    {MNN::OpType_Selu, MNN::OpParameter_Selu, true},
    {MNN::OpType_Sigmoid, MNN::OpParameter_NONE, true},
    {MNN::OpType_TanH, MNN::OpParameter_NONE, true},
    {MNN::OpType_Softmax, MNN::OpParameter_Axis, false},
    {MNN::OpType_Concat, MNN::OpParameter_Axis, false},
    {MNN::OpType_Unpack, MNN::OpParameter_Axis, false},
    {MNN::OpType_Pack, MNN::OpParameter_PackParam, false},
    {MNN::OpType_Reshape, MNN::OpParameter_Reshape, false},
    {MNN::OpType_Permute, MNN::OpParameter_Permute, false},
    {MNN::OpType_Transpose, MNN::OpParameter_Transpose, true},
    {MNN::OpType_Flatten, MNN::OpParameter_Flatten, false},
    {MNN::OpType_Squeeze, MNN::OpParameter_SqueezeParam, true},
    {MNN::OpType_Unsqueeze, MNN::OpParameter_SqueezeParam, true},
    {MNN::OpType_ExpandDims, MNN::OpParameter_ExpandDims, true},
    {MNN::OpType_Eltwise, MNN::OpParameter_Eltwise, false},
    {MNN::OpType_BinaryOp, MNN::OpParameter_BinaryOp, false},
    {MNN::OpType_UnaryOp, MNN::OpParameter_UnaryOp, false},
    {MNN::OpType_InnerProduct, MNN::OpParameter_InnerProduct, false},
    {MNN::OpType_MatMul, MNN::OpParameter_MatMul, false},
    {MNN::OpType_BatchMatMul, MNN::OpParameter_BatchMatMulParam, false},
    {MNN::OpType_Reduction, MNN::OpParameter_ReductionParam, false},
    {MNN::OpType_Scale, MNN::OpParameter_Scale, false},
    {MNN::OpType_BatchNorm, MNN::OpParameter_BatchNorm, false},
    {MNN::OpType_LayerNorm, MNN::OpParameter_LayerNorm, false},
    {MNN::OpType_Normalize, MNN::OpParameter_Normalize, false},
    {MNN::OpType_StridedSlice, MNN::OpParameter_StridedSliceParam, false},
    {MNN::OpType_Slice, MNN::OpParameter_Slice, false},
    {MNN::OpType_SliceTf, MNN::OpParameter_NONE, true},
    {MNN::OpType_Crop, MNN::OpParameter_Crop, false},
    {MNN::OpType_Padding, MNN::OpParameter_PadParam, true},
    {MNN::OpType_Interp, MNN::OpParameter_Interp, false},
    {MNN::OpType_Resize, MNN::OpParameter_Resize, false},
    {MNN::OpType_Shape, MNN::OpParameter_NONE, true},
    {MNN::OpType_Rank, MNN::OpParameter_NONE, true},
    {MNN::OpType_Size, MNN::OpParameter_NONE, true},
    {MNN::OpType_Range, MNN::OpParameter_Range, true},
    {MNN::OpType_Fill, MNN::OpParameter_NONE, true},
    {MNN::OpType_Tile, MNN::OpParameter_NONE, true},
    {MNN::OpType_BroadcastTo, MNN::OpParameter_NONE, true},
    {MNN::OpType_Cast, MNN::OpParameter_CastParam, false},
    {MNN::OpType_Gather, MNN::OpParameter_Gather, true},
    {MNN::OpType_GatherV2, MNN::OpParameter_GatherV2, true},
    {MNN::OpType_Identity, MNN::OpParameter_NONE, true},
    {MNN::OpType_Select, MNN::OpParameter_NONE, true},
    {MNN::OpType_Dropout, MNN::OpParameter_NONE, true},
    {MNN::OpType_ConvertTensor, MNN::OpParameter_TensorConvertInfo, false},
};

// The number of values of a constant shape, or -1 where it is negative or beyond reason.
int64_t Volume(const flatbuffers::Vector<int32_t>* dims) {
  if (dims == nullptr) return 1;
  if (dims->size() > 8) return -1;
  int64_t volume = 1;
  for (int32_t d : *dims) {
    if (d < 0) return -1;
    volume *= d;
    if (volume > kMostValues) return -1;
  }
  return volume;
}

void CheckBlob(const MNN::Blob* blob, const OpContext& context) {
  context.Require(blob != nullptr, "it has no data");
  if (SizeOf(blob->external()) > 0) context.Unsupported("its data is in another file");
  const int64_t volume = Volume(blob->dims());
  context.Require(volume >= 0, "its shape is out of range");
  int64_t held = -1;
  switch (blob->dataType()) {
    case MNN::DataType_DT_FLOAT:
      held = SizeOf(blob->float32s());
      break;
    case MNN::DataType_DT_INT32:
      held = SizeOf(blob->int32s());
      break;
    case MNN::DataType_DT_UINT8:
      held = SizeOf(blob->uint8s());
      break;
    case MNN::DataType_DT_INT8:
      held = SizeOf(blob->int8s());
      break;
    default:
      context.Unsupported("its data is of an unusual type");
  }
  context.Require(held >= volume, "it holds less data than its shape says");
}

void CheckConvolutionCommon(const MNN::Convolution2DCommon& common, const OpContext& context) {
  context.Require(Within(common.kernelX(), 1, 1024) && Within(common.kernelY(), 1, 1024),
                  "its kernel size is out of range");
  context.Require(Within(common.strideX(), 1, 1024) && Within(common.strideY(), 1, 1024),
                  "its stride is out of range");
  context.Require(Within(common.dilateX(), 1, 1024) && Within(common.dilateY(), 1, 1024),
                  "its dilation is out of range");
  context.Require(Within(common.padX(), -1024, 1024) && Within(common.padY(), -1024, 1024),
                  "its padding is out of range");
  context.Require(Within(common.outputCount(), 1, 1 << 20), "its channel count is out of range");
  context.Require(Within(common.inputCount(), 0, 1 << 20), "its channel count is out of range");
  context.Require(Within(common.group(), 1, 1 << 20), "its group count is out of range");
  for (const auto* pads : {common.pads(), common.outPads()}) {
    if (pads == nullptr) continue;
    context.Require(pads->size() == 0 || pads->size() == 2 || pads->size() == 4,
                    "its padding is malformed");
    for (int32_t pad : *pads) context.Require(Within(pad, 0, 1024), "its padding is out of range");
  }
}

void CheckConvolution(const MNN::Op& op, size_t inputs, const OpContext& context) {
  const MNN::Convolution2D* convolution = op.main_as_Convolution2D();
  context.Require(convolution->common() != nullptr, "it has no geometry");
  if (SizeOf(convolution->external()) > 0) context.Unsupported("its weights are in another file");
  if (convolution->sparseParameter() != nullptr) context.Unsupported("its weights are sparse");
  const MNN::Convolution2DCommon& common = *convolution->common();
  CheckConvolutionCommon(common, context);
  const bool depthwise = op.type() == MNN::OpType_ConvolutionDepthwise ||
                         op.type() == MNN::OpType_DeconvolutionDepthwise ||
                         op.type() == MNN::OpType_DepthwiseConvInt8;
  const int64_t out = common.outputCount();
  const int64_t kernel = int64_t{common.kernelX()} * common.kernelY();
  const int64_t weight = SizeOf(convolution->weight());
  const MNN::QuantizedFloatParam* int8 = convolution->symmetricQuan();
  const MNN::IDSTQuan* packed = convolution->quanParameter();
  // The weights as one of: floats, int8 with scales, the packed form, or a second input.
  const int64_t int8_weight = int8 == nullptr ? 0 : SizeOf(int8->weight());
  const int64_t packed_bytes = packed == nullptr ? 0 : SizeOf(packed->buffer());
  context.Require(weight > 0 || int8_weight > 0 || packed_bytes > 0 || inputs > 1,
                  "it has no weights");
  // The file may leave the input count out (0); MNN takes it from the weights then.
  const int64_t per_group = depthwise ? 1 : int64_t{common.inputCount()} / common.group();
  for (const int64_t count : {weight, int8_weight}) {
    if (count == 0) continue;
    const int64_t unit = out * kernel;
    context.Require(count % unit == 0, "the number of its weights does not fit its geometry");
    if (depthwise || common.inputCount() > 0) {
      context.Require(count == unit * (depthwise ? 1 : per_group) ||
                          (!depthwise && count == unit * common.inputCount()),
                      "the number of its weights does not fit its geometry");
    }
  }
  const int64_t bias = SizeOf(convolution->bias());
  context.Require(bias == out || ((bias == 0) && (int8_weight > 0 || inputs > 1)),
                  "the number of its biases does not fit its geometry");
  if (int8_weight > 0) {
    context.Require(SizeOf(int8->bias()) == out, "the number of its biases does not fit");
    context.Require(SizeOf(int8->scale()) == out, "the number of its scales does not fit");
  }
  if (packed_bytes > 0) {
    context.Require(Within(packed->type(), 1, 4), "its packed weights are of an unknown type");
    const int64_t values = out * kernel * (depthwise ? 1 : int64_t{common.inputCount()});
    if (packed->type() == 3) {  // half floats, two bytes each
      context.Require(packed_bytes % (2 * out * kernel) == 0 && packed_bytes >= 2,
                      "its half-float weights do not fit its geometry");
    } else {
      context.Require(values > 0 && packed_bytes <= 16 * values + 4096,
                      "its packed weights do not fit its geometry");
      const int64_t alpha = SizeOf(packed->alpha());
      context.Require(alpha >= out, "the number of its scales does not fit its geometry");
    }
  }
}

void CheckInnerProduct(const MNN::InnerProduct& product, const OpContext& context) {
  const int64_t out = product.outputCount();
  const int64_t weight = SizeOf(product.weight());
  context.Require(Within(out, 1, 1 << 20), "its output count is out of range");
  context.Require(weight > 0 && weight % out == 0 && weight == product.weightSize(),
                  "the number of its weights does not fit its geometry");
  context.Require(SizeOf(product.bias()) == out, "the number of its biases does not fit");
}

void CheckPool(const MNN::Pool& pool, const OpContext& context) {
  if (pool.isGlobal()) return;
  context.Require(Within(pool.kernelX(), 1, 4096) && Within(pool.kernelY(), 1, 4096),
                  "its kernel size is out of range");
  context.Require(Within(pool.strideX(), 1, 4096) && Within(pool.strideY(), 1, 4096),
                  "its stride is out of range");
  context.Require(Within(pool.padX(), 0, 4096) && Within(pool.padY(), 0, 4096),
                  "its padding is out of range");
}

void CheckPool3D(const MNN::Pool3D& pool, const OpContext& context) {
  if (pool.isGlobal()) return;
  for (const auto* sizes : {pool.kernels(), pool.strides()}) {
    context.Require(SizeOf(sizes) == 3 || SizeOf(sizes) == 2, "its kernel is malformed");
    for (int32_t size : *sizes) {
      context.Require(Within(size, 1, 4096), "its kernel size or stride is out of range");
    }
  }
  if (pool.pads() == nullptr) return;
  for (int32_t pad : *pool.pads()) {
    context.Require(Within(pad, 0, 4096), "its padding is out of range");
  }
}

void CheckPerChannel(const MNN::Op& op, const OpContext& context) {
  if (const MNN::Scale* scale = op.main_as_Scale()) {
    if (SizeOf(scale->external()) > 0) context.Unsupported("its data is in another file");
    context.Require(
        scale->channels() > 0 && SizeOf(scale->scaleData()) == scale->channels() &&
            (SizeOf(scale->biasData()) == 0 || SizeOf(scale->biasData()) == scale->channels()),
        "the number of its scales does not fit its channels");
  }
  if (const MNN::PRelu* prelu = op.main_as_PRelu()) {
    context.Require(prelu->slopeCount() > 0 && SizeOf(prelu->slope()) == prelu->slopeCount(),
                    "the number of its slopes does not fit its channels");
  }
  if (const MNN::BatchNorm* norm = op.main_as_BatchNorm()) {
    const int64_t channels = norm->channels();
    context.Require(channels > 0 && SizeOf(norm->slopeData()) == channels &&
                        SizeOf(norm->meanData()) == channels &&
                        SizeOf(norm->varData()) == channels && SizeOf(norm->biasData()) == channels,
                    "the number of its values does not fit its channels");
  }
  if (const MNN::LayerNorm* norm = op.main_as_LayerNorm()) {
    if (SizeOf(norm->external()) > 0) context.Unsupported("its data is in another file");
    context.Require(SizeOf(norm->gamma()) == SizeOf(norm->beta()),
                    "its scales and biases differ in number");
  }
}

void CheckInt8(const MNN::Op& op, const Channels& channels, const OpContext& context) {
  if (const MNN::QuantizedFloatParam* quantised = op.main_as_QuantizedFloatParam()) {
    const int64_t scales = SizeOf(quantised->tensorScale());
    context.Require(SizeOf(op.inputIndexes()) == 1, "it takes one input");
    const int64_t known = channels.Of(op.inputIndexes()->Get(0));
    context.Require(scales == 1 || (scales > 0 && (known == 0 || scales == known)),
                    "the number of its scales does not fit its channels");
  }
  if (const MNN::EltwiseInt8* eltwise = op.main_as_EltwiseInt8()) {
    context.Require(SizeOf(op.inputIndexes()) == 2, "it takes two inputs");
    const int64_t known = channels.Of(op.inputIndexes()->Get(0));
    for (const MNN::QuantizedFloatParam* quantised :
         {eltwise->inputQuan0(), eltwise->inputQuan1(), eltwise->outputQuan()}) {
      context.Require(
          quantised != nullptr && known > 0 && SizeOf(quantised->tensorScale()) == known,
          "the number of its scales does not fit its channels");
    }
  }
}

void CheckInput(const MNN::Input& input, const OpContext& context) {
  if (input.dims() == nullptr) return;
  context.Require(input.dims()->size() <= 6, "its shape has too many dimensions");
  for (int32_t d : *input.dims()) {
    context.Require(Within(d, -1, 1 << 16), "its shape is out of range");
  }
}

const KnownOp* Find(MNN::OpType type) {
  for (const KnownOp& known : kKnownOps) {
    if (known.type == type) return &known;
  }
  return nullptr;
}

}  // namespace

void CheckParameter(const MNN::Op& op, size_t inputs, const Channels& channels,
                    const OpContext& context) {
  const KnownOp* known = Find(op.type());
  if (known == nullptr) context.Unsupported("this op is not among those that face networks use");
  if (op.externalPath() != nullptr) context.Unsupported("it names another file");
  const bool has_parameter = op.main_type() != MNN::OpParameter_NONE && op.main() != nullptr;
  if (!has_parameter) {
    context.Require(known->optional, "it has no parameters");
    return;
  }
  context.Require(known->parameter == MNN::OpParameter_NONE || op.main_type() == known->parameter,
                  "its parameters are those of another op");
  switch (op.main_type()) {
    case MNN::OpParameter_Blob:
      return CheckBlob(op.main_as_Blob(), context);
    case MNN::OpParameter_Convolution2D:
      return CheckConvolution(op, inputs, context);
    case MNN::OpParameter_InnerProduct:
      return CheckInnerProduct(*op.main_as_InnerProduct(), context);
    case MNN::OpParameter_Pool:
      return CheckPool(*op.main_as_Pool(), context);
    case MNN::OpParameter_Pool3D:
      return CheckPool3D(*op.main_as_Pool3D(), context);
    case MNN::OpParameter_Input:
      return CheckInput(*op.main_as_Input(), context);
    default:
      CheckPerChannel(op, context);
      CheckInt8(op, channels, context);
  }
}

}  // namespace mnn_face
