//! Empty on purpose: the product of this package is what `build.rs` leaves in `JPEG_PREFIX_OUT`.
