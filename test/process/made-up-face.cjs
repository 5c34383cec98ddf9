// The embedding of a made-up person, by number: the same in every process.
exports.faceOf = (number) => {
  let state = (number * 2_654_435_761 + 1) >>> 0;
  return Float32Array.from({ length: 128 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296 - 0.5;
  });
};
