//! Who someone is: account, language, twin, quota.
