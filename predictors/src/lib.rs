//! Windtunnel: predictors.
