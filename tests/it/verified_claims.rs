//! Verified claims (OpenID Connect for Identity Assurance): what a client asks for, the person allows, and the evidence gives.

use serde_json::{Value, json};

use crate::support::clerk::CHEN;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Browser, Clerk, LI, RelyingParty, Tokens, WANG, World};

const SECRET: &str = "assured-secret-0123456789";

/// A client that need not ask people, and may know everything.
fn assured() -> Value {
    json!({
        "client_id": "assured", "client_secret": SECRET, "department": "data", "consent": "implicit",
        "redirect_uris": ["https://assured.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email address real_name id_number",
    })
}

/// The same for a department that was granted the basic details only.
fn modest() -> Value {
    json!({
        "client_id": "modest", "client_secret": SECRET, "department": "hrss", "consent": "implicit",
        "redirect_uris": ["https://modest.example/cb"], "scope": "openid profile",
    })
}

struct Place {
    world: World,
    browser: Browser,
    client: RelyingParty,
}

/// What both places told.
struct Told {
    userinfo: Value,
    id_token: Value,
}

impl Place {
    async fn new() -> Self {
        let world = World::with_clients(&[assured(), modest()]).await;
        world.apply(crate::support::clerk::halls()).await;
        let (browser, client) = (world.browser(), party(&world, "assured"));
        Self { world, browser, client }
    }

    async fn signed_in(citizen: &crate::support::town::Citizen) -> Self {
        let mut place = Self::new().await;
        place.browser.sign_in(citizen).await;
        place
    }

    /// Asks for `verified` at both places.
    async fn ask(&mut self, verified: &Value) -> Told {
        self.claims(
            &json!({"userinfo": {"verified_claims": verified}, "id_token": {"verified_claims": verified}}),
        )
        .await
    }

    async fn claims(&mut self, claims: &Value) -> Told {
        let ask = self.client.ask("openid").with("claims", &claims.to_string());
        let code = self.browser.get(&ask.address()).await.code();
        let tokens = Tokens::of(&self.client.exchange(&code, &ask).await);
        let userinfo = self.client.userinfo(&tokens.access).await.good();
        let id_token = self.client.id_claims(&tokens.id.unwrap()).await;
        Told { userinfo, id_token }
    }

    async fn refused(&mut self, verified: &Value) {
        let claims = json!({"userinfo": {"verified_claims": verified}});
        let ask = self.client.ask("openid").with("claims", &claims.to_string());
        self.browser.get(&ask.address()).await.client_is_refused("invalid_request", 102_090);
    }
}

impl Told {
    /// The same at both places.
    #[track_caller]
    fn both(&self) -> &Value {
        assert_eq!(self.userinfo.get("verified_claims"), self.id_token.get("verified_claims"));
        &self.userinfo["verified_claims"]
    }

    #[track_caller]
    fn nothing(&self) {
        assert_eq!(self.userinfo.get("verified_claims"), None);
        assert_eq!(self.id_token.get("verified_claims"), None);
        assert!(self.userinfo["sub"].is_string());
    }
}

fn party(world: &World, client_id: &str) -> RelyingParty {
    RelyingParty::new(world, client_id, Credential::Basic(SECRET.to_owned()))
}

fn name_under(verification: Value) -> Value {
    json!({"verification": verification, "claims": {"name": null}})
}

#[tokio::test]
async fn a_claim_is_told_with_the_framework_it_was_verified_under() {
    let mut place = Place::signed_in(&WANG).await;
    let expected = json!({"verification": {"trust_framework": "tongyao"}, "claims": {"name": WANG.name}});
    // §5.3: null, an empty object, essential or not: the same.
    for wish in [json!(null), json!({}), json!({"essential": false}), json!({"essential": true})] {
        let told =
            place.ask(&json!({"verification": {"trust_framework": wish}, "claims": {"name": wish}})).await;
        assert_eq!(told.both(), &expected, "{wish}");
    }
    let known = json!({"name": null, "birthdate": null, "gender": null, "id_type": null, "id_number": null});
    let told = place.ask(&json!({"verification": {"trust_framework": null}, "claims": known})).await;
    let claims = json!({"name": WANG.name, "birthdate": "1949-12-31", "gender": "female", "id_type": "resident_id",
                        "id_number": WANG.number});
    assert_eq!(told.both()["claims"], claims);
    // Nothing else came along.
    assert_eq!(told.userinfo.as_object().unwrap().len(), 2, "{}", told.userinfo);
}

#[tokio::test]
async fn what_is_not_known_is_left_out_and_is_no_error() {
    let mut place = Place::signed_in(&WANG).await;
    for (unknown, wish) in [
        ("7f0c1a52-not-a-claim", json!(null)),
        ("7f0c1a52-not-a-claim", json!({"essential": true})),
        ("claim%1/a&,.b", json!(null)),
        ("how", json!(null)),
    ] {
        let claims = json!({"name": null, unknown: wish});
        let told = place.ask(&json!({"verification": {"trust_framework": null}, "claims": claims})).await;
        assert_eq!(told.both()["claims"], json!({"name": WANG.name}), "{unknown}");
        let alone = json!({"verification": {"trust_framework": null}, "claims": {unknown: wish}});
        place.ask(&alone).await.nothing();
    }
}

#[tokio::test]
async fn a_value_that_is_another_leaves_the_claim_out() {
    let mut place = Place::signed_in(&WANG).await;
    let random = json!({"value": "8a3e7c1e-5d7f-4d5a-9a0e-2f6f3f1f9c11"});
    place
        .ask(&json!({"verification": {"trust_framework": null}, "claims": {"name": random}}))
        .await
        .nothing();
    let claims = json!({"name": random, "gender": {"values": ["male", "female"]}});
    let told = place.ask(&json!({"verification": {"trust_framework": null}, "claims": claims})).await;
    assert_eq!(told.both()["claims"], json!({"gender": "female"}));
}

#[tokio::test]
async fn is_told_where_it_was_asked_for_and_not_elsewhere() {
    let mut place = Place::signed_in(&WANG).await;
    let wish = name_under(json!({"trust_framework": null}));
    let told = place.claims(&json!({"userinfo": {"verified_claims": wish}})).await;
    assert!(told.userinfo["verified_claims"].is_object() && told.id_token.get("verified_claims").is_none());
    let told = place.claims(&json!({"id_token": {"verified_claims": wish}})).await;
    assert!(told.id_token["verified_claims"].is_object() && told.userinfo.get("verified_claims").is_none());
    // Beside claims that nobody verified.
    let told = place.claims(&json!({"userinfo": {"email": null, "verified_claims": wish}})).await;
    assert_eq!(told.userinfo["email"], WANG.email);
    assert!(told.userinfo["verified_claims"]["claims"].get("email").is_none());
}

#[tokio::test]
async fn a_condition_on_the_verification_that_is_unmet_leaves_everything_out() {
    let mut place = Place::signed_in(&WANG).await;
    for verification in [
        json!({"trust_framework": {"value": "de_aml"}}),
        json!({"trust_framework": {"values": ["eidas", "nist_ial"]}}),
        json!({"trust_framework": null, "assurance_level": {"value": "urn:tongyao:loa:3"}}),
        json!({"trust_framework": null, "evidence": [{"type": {"value": "document"}}]}),
        json!({"trust_framework": null, "evidence": [{"type": {"value": "no_such_evidence"}}]}),
        json!({"trust_framework": null, "evidence": [
            {"type": {"value": "electronic_record"}, "check_details": [{"check_method": {"value": "vpip"}}]}]}),
        json!({"trust_framework": null, "time": {"max_age": 1, "essential": false}}),
    ] {
        place.world.later(5);
        place.ask(&name_under(verification)).await.nothing();
    }
}

#[tokio::test]
async fn max_age_counts_from_the_verification() {
    let mut place = Place::signed_in(&WANG).await;
    place.world.later(3_600);
    let within = |most: i64| name_under(json!({"trust_framework": null, "time": {"max_age": most}}));
    let told = place.ask(&within(31_556_926_000)).await;
    assert_eq!(told.both()["verification"]["time"], "2026-11-22T02:00:00Z");
    place.ask(&within(3_600)).await.both().as_object().unwrap();
    place.ask(&within(3_599)).await.nothing();
}

#[tokio::test]
async fn the_same_evidence_answers_in_every_framework_asked_for() {
    let mut place = Place::signed_in(&LI).await;
    for (framework, grade) in
        [("tongyao", "urn:tongyao:loa:3"), ("national", "四级"), ("beijing", "L4"), ("zhejiang_person", "3")]
    {
        let verification = json!({"trust_framework": {"value": framework}, "assurance_level": null});
        let told = place.ask(&name_under(verification)).await;
        assert_eq!(
            told.both()["verification"],
            json!({"trust_framework": framework, "assurance_level": grade})
        );
    }
    // Whoever is verified in person is also verified well enough for less.
    let verification = json!({"trust_framework": null, "assurance_level": {"values": ["urn:tongyao:loa:2"]}});
    let told = place.ask(&name_under(verification)).await;
    assert_eq!(told.both()["verification"]["assurance_level"], "urn:tongyao:loa:2");
    // §5.6: each element on its own, in the shape that was asked.
    let several = json!([
        name_under(json!({"trust_framework": {"value": "gold"}})),
        name_under(json!({"trust_framework": {"values": ["silver", "guangdong"]}, "assurance_level": null})),
        {"verification": {"trust_framework": null}, "claims": {"gender": null}},
    ]);
    let told = place.ask(&several).await;
    let expected = json!([
        {"verification": {"trust_framework": "guangdong", "assurance_level": "五级"}, "claims": {"name": LI.name}},
        {"verification": {"trust_framework": "tongyao"}, "claims": {"gender": "male"}},
    ]);
    assert_eq!(told.both(), &expected);
    place.ask(&json!([name_under(json!({"trust_framework": {"value": "gold"}}))])).await.nothing();
}

/// Wang goes to the window; what the clerk found is bound to the account.
async fn visit_window(place: &mut Place) {
    let page = place.browser.get("/account/visit").await;
    let ticket = place.browser.submit(&page, &[("action", "enrol")]).await;
    let mut clerk = Clerk::at_work(&place.world, &CHEN).await;
    let page = clerk.open(&ticket.data("data-code").unwrap()).await;
    let page = clerk.read(&page, "citizen").await;
    let decided = clerk.pass(&page).await;
    let offered = clerk.offer(&place.world, &decided).await;
    let visit = place.browser.get("/account/visit").await;
    place.browser.submit(&visit, &[("number", &offered.number)]).await;
}

#[tokio::test]
async fn a_visit_to_the_window_is_told_as_a_document_that_was_examined() {
    let mut place = Place::signed_in(&WANG).await;
    place.world.later(600);
    visit_window(&mut place).await;
    let details = json!({"type": null, "document_number": null, "date_of_issuance": null, "date_of_expiry": null,
                         "issuer": {"name": null, "country_code": null}});
    let evidence = json!([{"type": {"value": "document"}, "document_details": details,
                           "check_details": [{"check_method": null, "organization": null, "time": null}]}]);
    let verification = json!({"trust_framework": null, "assurance_level": null, "time": null,
                              "assurance_process": {"procedure": null}, "evidence": evidence});
    let told = place.ask(&name_under(verification)).await;
    let at = "2026-11-22T02:10:00Z";
    let check = |method: &str| json!({"check_method": method, "organization": "市大数据局", "time": at});
    // The card has no end: no date is made up for it.
    let expected = json!({
        "trust_framework": "tongyao", "assurance_level": "urn:tongyao:loa:3", "time": at,
        "assurance_process": {"procedure": "window_verification"},
        "evidence": [{
            "type": "document",
            "check_details": [check("vpip"), check("pvp"), check("vcrypt")],
            "document_details": {"type": "idcard", "document_number": WANG.number, "date_of_issuance": "2010-05-01",
                                 "issuer": {"name": "北京市公安局朝阳分局", "country_code": "CHN"}},
        }],
    });
    assert_eq!(told.both()["verification"], expected);
    let text = told.both().to_string();
    for never in ["clerk", "A01", "hall-north", "城北", "陈小满"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
    // The registry's earlier answer is still there for who asks for it.
    let record = json!([{"type": {"value": "electronic_record"}, "record": {"type": null}, "check_details": [{"check_method": null}]}]);
    let verification = json!({"trust_framework": null, "assurance_level": null, "evidence": record});
    let told = place.ask(&name_under(verification)).await;
    let expected = json!({
        "trust_framework": "tongyao", "assurance_level": "urn:tongyao:loa:1",
        "evidence": [{"type": "electronic_record", "record": {"type": "population_register"},
                      "check_details": [{"check_method": "data"}]}],
    });
    assert_eq!(told.both()["verification"], expected);
}

/// What a claim says was verified is what was verified: a declaration after it changes neither.
#[tokio::test]
async fn a_name_that_was_verified_at_the_window_is_not_declared_away() {
    let mut place = Place::signed_in(&WANG).await;
    visit_window(&mut place).await;
    place.world.later(600);
    let another = json!({"people": [{"id_number": WANG.number, "name": "另一名", "loa": 3,
                                     "claims": {"given_name": "另一名", "email": WANG.email}}]});
    let report = place.world.apply(another).await;
    assert_eq!((report.lines().len(), report.notices().len()), (1, 1), "{report}");
    let verified = json!({"verification": {"trust_framework": null, "time": null},
                          "claims": {"name": null, "given_name": null, "birthdate": null}});
    let told = place.ask(&verified).await;
    // The name of the card, which corrected the declared one. What no clerk saw is not told as what a clerk saw.
    assert_eq!(told.both()["claims"], json!({"name": "张桂芳", "birthdate": "1949-12-31"}));
    assert_eq!(told.both()["verification"]["time"], "2026-11-22T02:00:00Z");
}

#[tokio::test]
async fn a_name_declared_anew_is_verified_since_then() {
    let mut place = Place::signed_in(&LI).await;
    place.world.later(600);
    let another =
        json!({"people": [{"id_number": LI.number, "name": "另一名", "claims": {"given_name": "一名"}}]});
    place.world.apply(another).await;
    let verified = json!({"verification": {"trust_framework": null, "assurance_level": null, "time": null},
                          "claims": {"name": null, "given_name": null}});
    let told = place.ask(&verified).await;
    let verification = json!({"trust_framework": "tongyao", "assurance_level": "urn:tongyao:loa:3", "time": "2026-11-22T02:10:00Z"});
    let expected = json!({"verification": verification, "claims": {"name": "另一名", "given_name": "一名"}});
    assert_eq!(told.both(), &expected);
}

#[tokio::test]
async fn evidence_that_was_taken_back_verifies_nothing() {
    let mut place = Place::signed_in(&LI).await;
    let ask = place.client.ask("openid").with(
        "claims",
        &json!({"userinfo": {"verified_claims": name_under(json!({"trust_framework": null}))}}).to_string(),
    );
    let code = place.browser.get(&ask.address()).await.code();
    let tokens = Tokens::of(&place.client.exchange(&code, &ask).await);
    assert!(place.client.userinfo(&tokens.access).await.good()["verified_claims"].is_object());
    Look::at(&place.world).await.change("UPDATE evidence SET revoked_at = 1").await;
    assert_eq!(place.client.userinfo(&tokens.access).await.good().get("verified_claims"), None);
}

#[tokio::test]
async fn nobody_is_verified_by_saying_so() {
    let mut place = Place::new().await;
    let lu = json!({"people": [{"id_number": "110101188803071238", "name": "陆远", "login_name": "lu-citizen",
                                "password": "Quiet-Harbour-03", "loa": 0}]});
    place.world.apply(lu).await;
    let page = place.browser.get("/sign-in").await;
    place.browser.submit(&page, &[("username", "lu-citizen"), ("password", "Quiet-Harbour-03")]).await;
    place.ask(&name_under(json!({"trust_framework": null}))).await.nothing();
}

#[tokio::test]
async fn a_client_learns_only_what_it_is_registered_for() {
    let mut place = Place::signed_in(&LI).await;
    place.client = party(&place.world, "modest");
    let claims = json!({"name": null, "id_number": null, "id_type": {"essential": true}});
    let told =
        place.ask(&json!({"verification": {"trust_framework": null, "time": null}, "claims": claims})).await;
    let expected = json!({"verification": {"trust_framework": "tongyao"}, "claims": {"name": LI.name}});
    assert_eq!(told.both(), &expected);
    // A guess is answered neither way.
    for number in [LI.number, WANG.number] {
        let claims = json!({"name": null, "id_number": {"value": number}});
        let told = place.ask(&json!({"verification": {"trust_framework": null}, "claims": claims})).await;
        assert_eq!(told.both()["claims"], json!({"name": LI.name}));
    }
    // What it may not know meets no condition.
    place.ask(&name_under(json!({"trust_framework": null, "time": {"max_age": 600}}))).await.nothing();
    place
        .ask(&name_under(json!({"trust_framework": null, "evidence": [{"type": {"value": "document"}}]})))
        .await
        .nothing();
}

#[tokio::test]
async fn every_release_of_the_number_is_on_record() {
    let mut place = Place::signed_in(&LI).await;
    let mut look = Look::at(&place.world).await;
    let query =
        "SELECT COUNT(*) FROM audit_event WHERE kind = 'id_number_released' AND client_id = 'assured'";
    let details =
        json!([{"type": {"value": "document"}, "document_details": {"type": null, "document_number": null}}]);
    let cases = [
        (json!({"verification": {"trust_framework": null}, "claims": {"id_number": null}}), 2),
        (name_under(json!({"trust_framework": null, "evidence": details})), 2),
        (name_under(json!({"trust_framework": null})), 0),
    ];
    for (verified, released) in cases {
        let before = look.number(query).await;
        place.ask(&verified).await.both();
        assert_eq!(look.number(query).await - before, released, "{verified}");
    }
}

#[tokio::test]
async fn the_process_has_another_name_for_each_sector() {
    let mut place = Place::signed_in(&LI).await;
    let verified = name_under(json!({"trust_framework": null, "verification_process": null}));
    let process =
        |told: &Told| told.both()["verification"]["verification_process"].as_str().unwrap().to_owned();
    let first = process(&place.ask(&verified).await);
    assert_eq!(process(&place.ask(&verified).await), first);
    let mut other = assured();
    other["client_id"] = json!("other");
    other["redirect_uris"] = json!(["https://other.example/cb"]);
    place.world.apply(json!({"clients": [other]})).await;
    place.client = party(&place.world, "other");
    assert_ne!(process(&place.ask(&verified).await), first);
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let mut place = Place::signed_in(&WANG).await;
    for verified in [
        json!({"verification": {"trust_framework": null}, "claims": {}}),
        json!({"verification": {"trust_framework": null}}),
        json!({"claims": {"name": null}}),
        name_under(json!({})),
        name_under(json!(null)),
        name_under(json!({"trust_framework": null, "evidence": [{"type": {"values": ["document"]}}]})),
        name_under(json!({"trust_framework": null, "time": {"max_age": -1}})),
        json!("name"),
    ] {
        place.refused(&verified).await;
    }
    for nothing in
        [json!(null), json!([]), json!({"verification": {"trust_framework": null}, "claims": null})]
    {
        place.ask(&nothing).await.nothing();
    }
}

#[tokio::test]
async fn the_person_is_asked_item_by_item_and_is_remembered() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let ask = |verification: Value, claims: Value| {
        let verified = json!({"verification": verification, "claims": claims});
        portal
            .ask("openid profile")
            .with("claims", &json!({"userinfo": {"verified_claims": verified}}).to_string())
    };
    let request =
        ask(json!({"trust_framework": null, "time": null}), json!({"name": null, "birthdate": null}));
    let page = browser.get(&request.address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let text = page.text();
    for said in
        ["市民门户", "市大数据局", "已核验的姓名", "已核验的出生日期", "核验的时间和方式", "何时、由哪个部门"]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
    let mut form = page.form(&[("decision", "allow")]);
    form.remove("scope");
    form.set("scope", "claim:verified:name");
    form.press("decision", "allow");
    let code = browser.send(&page, &form).await.code();
    let tokens = Tokens::of(&portal.exchange(&code, &request).await);
    let told = portal.userinfo(&tokens.access).await.good();
    assert_eq!(
        told["verified_claims"],
        json!({"verification": {"trust_framework": "tongyao"}, "claims": {"name": WANG.name}})
    );
    // What was answered is not asked again; what is new is.
    browser.get(&request.address()).await.code();
    browser.get(&ask(json!({"trust_framework": null}), json!({"name": null})).address()).await.code();
    let more = browser.get(&ask(json!({"trust_framework": null}), json!({"gender": null})).address()).await;
    assert_eq!(more.name(), "consent");
    let consents = browser.get("/account/consents").await.text();
    assert!(consents.contains("已核验的姓名") && !consents.contains("已核验的出生日期"), "{consents}");
    let mut english = world.browser().speaking("en");
    let page = english.get(&request.address()).await;
    let page = english.sign_in_on(&page, &LI).await;
    assert!(
        page.text().contains("Your name, as verified")
            && page.text().contains("When and how you were verified")
    );
}

#[tokio::test]
async fn sample_people_carry_what_else_their_document_says() {
    let mut place = Place::new().await;
    let sample = json!({"people": [{"id_number": "110101188803071238", "name": "陆远", "login_name": "lu-citizen",
        "password": "Quiet-Harbour-03", "loa": 2, "claims": {"given_name": "远", "family_name": "陆", "nationalities": ["CHN"]}}]});
    place.world.apply(sample).await;
    let page = place.browser.get("/sign-in").await;
    place.browser.submit(&page, &[("username", "lu-citizen"), ("password", "Quiet-Harbour-03")]).await;
    let claims = json!({"given_name": null, "family_name": {"value": "陆"}, "nationalities": null, "middle_name": null});
    let told = place
        .ask(&json!({"verification": {"trust_framework": null, "assurance_level": null}, "claims": claims}))
        .await;
    let expected = json!({"verification": {"trust_framework": "tongyao", "assurance_level": "urn:tongyao:loa:2"},
                          "claims": {"given_name": "远", "family_name": "陆", "nationalities": ["CHN"]}});
    assert_eq!(told.both(), &expected);
}

#[tokio::test]
async fn a_refreshed_id_token_is_verified_afresh() {
    let mut place = Place::signed_in(&LI).await;
    let claims = json!({"id_token": {"verified_claims": name_under(json!({"trust_framework": null}))}});
    let ask = place.client.ask("openid").with("claims", &claims.to_string());
    let code = place.browser.get(&ask.address()).await.code();
    let tokens = Tokens::of(&place.client.exchange(&code, &ask).await);
    let again = Tokens::of(&place.client.refresh(&tokens.refresh.unwrap()).await);
    let told = place.client.id_claims(&again.id.unwrap()).await;
    assert_eq!(told["verified_claims"]["claims"]["name"], LI.name);
    Look::at(&place.world).await.change("UPDATE evidence SET revoked_at = 1").await;
    let again = Tokens::of(&place.client.refresh(&again.refresh.unwrap()).await);
    assert_eq!(place.client.id_claims(&again.id.unwrap()).await.get("verified_claims"), None);
}

#[tokio::test]
async fn costs_one_read_more_and_only_where_it_was_asked_for() {
    let mut place = Place::signed_in(&LI).await;
    for (claims, reads) in [
        (json!({"userinfo": {"verified_claims": name_under(json!({"trust_framework": null}))}}), 2),
        (json!({"userinfo": {"name": null}}), 1),
    ] {
        let ask = place.client.ask("openid").with("claims", &claims.to_string());
        let code = place.browser.get(&ask.address()).await.code();
        let tokens = Tokens::of(&place.client.exchange(&code, &ask).await);
        let (answer, cost) = place.world.trips(place.client.userinfo(&tokens.access)).await;
        answer.good();
        assert_eq!((cost.reads, cost.transactions), (reads, 0));
    }
}

#[tokio::test]
async fn discovery_lists_what_is_told() {
    let world = World::empty().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(metadata["verified_claims_supported"], true);
    assert_eq!(metadata["claims_parameter_supported"], true);
    assert_eq!(metadata["trust_frameworks_supported"][0], "tongyao");
    // A client that picks the first is answered for everybody who is verified.
    assert_eq!(metadata["claims_in_verified_claims_supported"][0], "name");
    assert_eq!(metadata["evidence_supported"], json!(["document", "electronic_record"]));
    assert_eq!(
        metadata["documents_supported"],
        json!(["idcard", "passport", "residence_permit", "travel_permit"])
    );
    assert_eq!(metadata["documents_check_methods_supported"], json!(["vpip", "vcrypt", "pvp", "bvp"]));
    assert_eq!(metadata["electronic_records_supported"], json!(["population_register", "bank_account"]));
}
