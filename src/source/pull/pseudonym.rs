//! Takes names out of a pulled snapshot.
