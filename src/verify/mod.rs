//! Probes and verdicts: what a running service really does, seen from outside.
