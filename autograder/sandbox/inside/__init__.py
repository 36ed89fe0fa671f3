"""The side that shares a process with student code: it holds no secret and decides nothing."""
