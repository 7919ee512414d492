//! Terms and conditions: the text, its hash, and the activation service that funds new accounts.
