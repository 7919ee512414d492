//! Proving: the service is asked from outside until it answers, and watched until it agrees with others.
