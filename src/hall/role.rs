//! The roles of staff, and which of them one person may not hold together.

use std::str::FromStr;

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Clerk,
    ClerkSupervisor,
    SystemAdmin,
    SecurityAdmin,
    Auditor,
    DepartmentAdmin,
}

/// The roles of one member of staff, each once, in the order of [`Role::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

/// Why roles are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleProblem {
    #[error("must be of clerk, clerk_supervisor, system_admin, security_admin, auditor, department_admin")]
    Unknown,
    #[error("must name at least one role")]
    None,
    #[error("system_admin, security_admin and auditor must be three people")]
    Together,
}

/// Of these nobody holds two (三员分立).
const APART: [Role; 3] = [Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor];

impl Role {
    pub const ALL: [Role; 6] = [
        Role::Clerk,
        Role::ClerkSupervisor,
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::Auditor,
        Role::DepartmentAdmin,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Clerk => "clerk",
            Role::ClerkSupervisor => "clerk_supervisor",
            Role::SystemAdmin => "system_admin",
            Role::SecurityAdmin => "security_admin",
            Role::Auditor => "auditor",
            Role::DepartmentAdmin => "department_admin",
        }
    }
}

impl Roles {
    /// Reads role words.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, RoleProblem> {
        let named = words.into_iter().map(str::parse).collect::<Result<Vec<Role>, _>>()?;
        let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| named.contains(role)).collect();
        if roles.is_empty() {
            return Err(RoleProblem::None);
        }
        if roles.iter().filter(|role| APART.contains(role)).count() > 1 {
            return Err(RoleProblem::Together);
        }
        Ok(Self(roles))
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether the work is done in a hall.
    pub fn work_in_a_hall(&self) -> bool {
        self.has(Role::Clerk) || self.has(Role::ClerkSupervisor)
    }

    /// As one column: words with a space between.
    pub fn print(&self) -> String {
        self.0.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for Role {
    type Err = RoleProblem;

    fn from_str(word: &str) -> Result<Self, RoleProblem> {
        Role::ALL.into_iter().find(|role| role.as_str() == word).ok_or(RoleProblem::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_offices_are_three_people() {
        let cases = [
            (vec!["clerk"], Ok("clerk")),
            (vec!["auditor", "clerk", "clerk"], Ok("clerk auditor")),
            (
                vec!["clerk", "clerk_supervisor", "department_admin"],
                Ok("clerk clerk_supervisor department_admin"),
            ),
            (vec![], Err(RoleProblem::None)),
            (vec!["root"], Err(RoleProblem::Unknown)),
            (vec!["system_admin", "auditor"], Err(RoleProblem::Together)),
            (vec!["security_admin", "system_admin"], Err(RoleProblem::Together)),
        ];
        for (words, expected) in cases {
            assert_eq!(
                Roles::parse(words.clone()).map(|roles| roles.print()),
                expected.map(str::to_owned),
                "{words:?}"
            );
        }
    }
}
