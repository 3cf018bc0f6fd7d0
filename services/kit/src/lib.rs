//! Shared scaffolding of the demo services: the one place where stacks are composed.
