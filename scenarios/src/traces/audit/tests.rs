//! Tests of audits.
