//! What can be deployed: recipes, read from TOML, checked, and filled into workloads.
