//! The identity check (KYC): states of a twin, typed.
