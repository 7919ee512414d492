//! Configuration: the parts own their parts; one file and the environment. The only place that reads the environment.
