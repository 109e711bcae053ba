//! Placeholder until the project file is here.
