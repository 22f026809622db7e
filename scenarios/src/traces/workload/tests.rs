//! Tests of trace workloads.
