//! Empty on purpose: the product of this package is what `build.rs` leaves in `MNN_PREFIX_OUT`.
