//! Every section of a declared state, read and checked against the others and against what is on record.

use std::collections::BTreeSet;

use super::client::{self, DeclaredClient};
use super::department::{self, DeclaredDepartment};
use super::document;
use super::enterprise::{self, DeclaredEnterprise};
use super::hall::{self, DeclaredHall};
use super::person::{self, DeclaredPerson, Rules};
use super::problem::{ApplyProblem, Problems};
use super::publisher::{self, DeclaredPublisher};
use super::staff::{self, DeclaredStaff};
use crate::base::Fault;
use crate::client::Department;
use crate::client::department::list;
use crate::crypto::Keys;
use crate::hall::window;
use crate::storage::Run;

/// What is declared, each entry sound in itself.
pub(super) struct Sections {
    pub(super) departments: Vec<DeclaredDepartment>,
    pub(super) clients: Vec<DeclaredClient>,
    pub(super) people: Vec<DeclaredPerson>,
    pub(super) enterprises: Vec<DeclaredEnterprise>,
    pub(super) halls: Vec<DeclaredHall>,
    pub(super) staff: Vec<DeclaredStaff>,
    pub(super) publishers: Vec<DeclaredPublisher>,
}

impl Sections {
    pub(super) fn read(entries: document::Sections, rules: Rules, problems: &mut Problems) -> Self {
        Self {
            departments: department::read(entries.departments, problems),
            clients: client::read(entries.clients, rules.sandbox, problems),
            people: person::read(entries.people, rules, problems),
            enterprises: enterprise::read(entries.enterprises, rules, problems),
            halls: hall::read(entries.halls, problems),
            staff: staff::read(entries.staff, rules, problems),
            publishers: publisher::read(entries.software_publishers, problems),
        }
    }

    /// Tells what refers to nothing, and every other problem with it. The departments there will be.
    pub(super) async fn check(
        &self,
        run: &mut impl Run,
        keys: &Keys,
        problems: &mut Problems,
    ) -> Result<Vec<Department>, ApplyProblem> {
        let departments = department::overlay(list(run).await?, &self.departments, &self.owners());
        department::check(&departments, &self.departments, problems);
        self.check_owners(&departments, problems);
        self.check_halls(run, problems).await?;
        enterprise::check(run, keys, (&self.enterprises, &self.people), problems).await?;
        problems.settle()?;
        Ok(departments)
    }

    fn owners(&self) -> Vec<&str> {
        let clients = self.clients.iter().map(|one| one.department.as_str());
        let publishers = self.publishers.iter().map(|one| one.publisher.department_id.as_str());
        let halls = self.halls.iter().map(|one| one.hall.department_id.as_str());
        clients.chain(halls).chain(publishers).collect()
    }

    fn check_owners(&self, departments: &[Department], problems: &mut Problems) {
        let clients = self.clients.iter().map(|one| ("clients", one.index, &one.department));
        let halls = self.halls.iter().map(|one| ("halls", one.index, &one.hall.department_id));
        let publishers = self
            .publishers
            .iter()
            .map(|one| ("software_publishers", one.index, &one.publisher.department_id));
        for (section, index, department) in clients.chain(halls).chain(publishers) {
            if departments.iter().all(|one| one.id != *department) {
                problems.add(
                    format!("{section}[{index}].department"),
                    "is no department in this file or on record",
                );
            }
        }
    }

    async fn check_halls(&self, run: &mut impl Run, problems: &mut Problems) -> Result<(), Fault> {
        let known = window::list(run).await?.into_iter().map(|hall| hall.id);
        let halls: BTreeSet<String> = known.chain(self.halls.iter().map(|one| one.hall.id.clone())).collect();
        for one in &self.staff {
            if one.hall.as_ref().is_some_and(|hall| !halls.contains(hall)) {
                problems.add(format!("staff[{}].hall", one.index), "is no hall in this file or on record");
            }
        }
        Ok(())
    }
}
