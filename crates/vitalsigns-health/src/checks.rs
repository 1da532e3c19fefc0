//! Ready-made checks.
