// Writes a small model with many kinds of ops to the file that is named: where the model target
// begins.
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "MNN_generated.h"

namespace {

class SeedNet {
 public:
  SeedNet() { net_.sourceType = MNN::NetSource_ONNX; }

  template <typename Parameter>
  int Add(MNN::OpType type, MNN::OpParameter kind, std::vector<int> inputs, Parameter parameter) {
    auto op = Make(type, std::move(inputs));
    op->main.type = kind;
    op->main.value = std::make_unique<Parameter>(std::move(parameter)).release();
    return Push(std::move(op));
  }

  int Add(MNN::OpType type, std::vector<int> inputs) { return Push(Make(type, std::move(inputs))); }

  std::string Bytes() {
    net_.tensorNumber = static_cast<int32_t>(net_.tensorName.size());
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(MNN::CreateNet(builder, &net_));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
  }

 private:
  std::unique_ptr<MNN::OpT> Make(MNN::OpType type, std::vector<int> inputs) {
    auto op = std::make_unique<MNN::OpT>();
    op->type = type;
    op->inputIndexes = std::move(inputs);
    return op;
  }

  int Push(std::unique_ptr<MNN::OpT> op) {
    const int output = static_cast<int>(net_.tensorName.size());
    op->name = "op" + std::to_string(output);
    op->outputIndexes = {output};
    net_.tensorName.push_back(op->name);
    net_.oplists.push_back(std::move(op));
    return output;
  }

  MNN::NetT net_;
};

MNN::Convolution2DT Convolution(int in, int out, int group) {
  MNN::Convolution2DT convolution;
  convolution.common = std::make_unique<MNN::Convolution2DCommonT>();
  convolution.common->kernelX = convolution.common->kernelY = 1;
  convolution.common->inputCount = in;
  convolution.common->outputCount = out;
  convolution.common->group = group;
  convolution.weight.assign(static_cast<size_t>(out) * in / group, 0.5F);
  convolution.bias.assign(out, 0.1F);
  return convolution;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  SeedNet net;
  MNN::InputT input;
  input.dims = {1, 3, 8, 8};
  int at = net.Add(MNN::OpType_Input, MNN::OpParameter_Input, {}, std::move(input));
  at = net.Add(MNN::OpType_Convolution, MNN::OpParameter_Convolution2D, {at}, Convolution(3, 4, 1));
  at = net.Add(MNN::OpType_ReLU, MNN::OpParameter_Relu, {at}, MNN::ReluT());
  const int before = at;
  at = net.Add(MNN::OpType_ConvolutionDepthwise, MNN::OpParameter_Convolution2D, {at},
               Convolution(4, 4, 4));
  MNN::PReluT prelu;
  prelu.slopeCount = 4;
  prelu.slope.assign(4, 0.2F);
  at = net.Add(MNN::OpType_PReLU, MNN::OpParameter_PRelu, {at}, std::move(prelu));
  at = net.Add(MNN::OpType_BinaryOp, MNN::OpParameter_BinaryOp, {before, at}, MNN::BinaryOpT());
  MNN::PoolT pool;
  pool.kernelX = pool.kernelY = pool.strideX = pool.strideY = 2;
  at = net.Add(MNN::OpType_Pooling, MNN::OpParameter_Pool, {at}, std::move(pool));
  MNN::BatchNormT norm;
  norm.channels = 4;
  norm.slopeData = norm.meanData = norm.varData = norm.biasData = {1, 1, 1, 1};
  at = net.Add(MNN::OpType_BatchNorm, MNN::OpParameter_BatchNorm, {at}, std::move(norm));
  MNN::BlobT shape;
  shape.dims = {2};
  shape.dataType = MNN::DataType_DT_INT32;
  shape.int32s = {1, -1};
  const int sizes = net.Add(MNN::OpType_Const, MNN::OpParameter_Blob, {}, std::move(shape));
  at = net.Add(MNN::OpType_Reshape, MNN::OpParameter_Reshape, {at, sizes}, MNN::ReshapeT());
  MNN::InnerProductT product;
  product.outputCount = 2;
  product.weight.assign(8, 0.5F);
  product.weightSize = 8;
  product.bias.assign(2, 0);
  at = net.Add(MNN::OpType_InnerProduct, MNN::OpParameter_InnerProduct, {at}, std::move(product));
  at = net.Add(MNN::OpType_Softmax, MNN::OpParameter_Axis, {at}, MNN::AxisT());
  net.Add(MNN::OpType_Sigmoid, {at});
  std::ofstream(argv[1], std::ios::binary) << net.Bytes();
  return 0;
}
