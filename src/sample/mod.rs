//! Two sample relying systems: a city portal and a department. They do nothing a department could not do.
