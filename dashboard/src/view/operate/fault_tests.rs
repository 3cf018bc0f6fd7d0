use std::collections::BTreeSet;

use resilience::wire::{EventState, FlagState, FlagsState, InstanceState};
use serde_json::{Value, json};

use super::{
    ArmForm, FlagArticle, Piece, Topic, about_region, changes_region, faults_region, flag_done,
    page,
};
use crate::{
    assets::{OPERATE_SCRIPT, OPERATE_STYLE},
    model::{Flagged, Operated},
};

fn flag(name: &str, source: &str, status: &str) -> FlagState {
    let plan = json!({ "fault": { "error": { "status": 503 } }, "rate": 0.15, "expires_in": "5m",
                       "path_prefix": "/users" });
    let state = json!({ "name": name, "source": source, "status": status, "time_left": "9s 500ms",
                        "injected": 1, "flag": { "policy": "user", "plan": plan } });
    serde_json::from_value(state).unwrap()
}

fn flagged(flags: Vec<FlagState>, switches: &[&str]) -> Flagged {
    let policy = |(id, name): (usize, &&str)| {
        let state =
            json!({ "id": id, "kind": "fault", "policy": name, "armed": null, "injected": 0 });
        serde_json::from_value::<InstanceState>(state).unwrap()
    };
    let policies = switches.iter().enumerate().map(policy).collect();
    let operated = Operated { policies, total: switches.len(), ..Operated::default() };
    Flagged { flags: Some(FlagsState { flags, sources: Vec::new() }), operated }
}

/// A flag of each kind.
fn each() -> Vec<FlagState> {
    ["off", "armed", "ended", "no_policy", "overruled", "from_the_future"]
        .iter()
        .map(|status| flag(&format!("slow-{status}"), "file a b.toml", status))
        .chain([flag("slow", "admin", "armed")])
        .collect()
}

/// The text of HTML, with a gap before a paragraph.
fn text(html: &str) -> String {
    let html = html.replace("<p", " <p");
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn whole(piece: &dyn Piece) -> String {
    piece.whole().into_string()
}

#[test]
fn each_state_of_a_flag_has_a_word_a_shape_and_what_it_does() {
    let shown = each().into_iter().map(|flag| {
        let mut regions = FlagArticle::new(1, "user", &flag).regions();
        assert_eq!(regions.len(), 1);
        text(&regions.remove(0).1.into_string())
    });
    let does = "15 % of the calls to user under /users are answered 503. In the fault switch user, for \
                5m at most.";
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            format!("○ off {does}"),
            format!("▲ armed 9.5 s left {does} 1 call was hit since it was switched on."),
            format!(
                "■ ended {does} 1 call was hit since it was switched on. It is on, and hits nothing \
                 until it is switched on again."
            ),
            format!("! no policy {does} It is on, and no fault switch has that name."),
            format!("◇ overruled {does} Another source has a flag of that name, which counts."),
            format!("? unknown {does}"),
            format!("▲ armed 9.5 s left {does} 1 call was hit since it was switched on."),
        ]
    );
}

#[test]
fn only_what_an_operator_has_set_can_be_taken_back() {
    for flag in each() {
        let html = whole(&FlagArticle::new(1, "user", &flag));
        let commands = html.split("name=\"command\" value=\"").skip(1);
        let commands: Vec<_> = commands.map(|rest| rest.split('"').next().unwrap()).collect();
        let expected: &[_] = match &*flag.source {
            "admin" => &["switch_on", "switch_off", "take_back"],
            _ => &["switch_on", "switch_off"],
        };
        assert_eq!(commands, expected);
        assert!(html.contains(&format!("name=\"source\" value=\"{}\"", flag.source)));
        assert!(text(&html).starts_with(&format!("{} of {}", flag.name, flag.source)));
    }
}

#[test]
fn articles_have_ids_of_their_own_and_a_label_for_each_field() {
    let flags = [each(), vec![flag("slow", "file", "off"), flag("slow-file", "", "off")]].concat();
    let flagged = flagged(flags, &["user"]);
    let form = ArmForm::new(1, "user", &flagged);
    let mut html = whole(&form);
    for flag in &flagged.flags.as_ref().unwrap().flags {
        html.push_str(&whole(&FlagArticle::new(1, "user", flag)));
    }
    let mut ids = BTreeSet::new();
    for id in html.split(" id=\"").skip(1) {
        let id = id.split('"').next().unwrap();
        assert!(!id.contains(' ') && ids.insert(id), "{id}");
    }
    let fields = html.matches("type=\"text\"").count() + html.matches("<select").count();
    let labels: Vec<_> =
        html.split("<label for=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!((labels.len(), fields), (8, 8));
    assert!(labels.iter().all(|label| ids.contains(label)), "{labels:?}");
    for told in html.split("data-told=\"").skip(1) {
        assert!(ids.contains(told.split('"').next().unwrap()), "{told}");
    }
}

#[test]
fn the_form_names_the_fault_switches_and_fills_in_the_only_one() {
    for (switches, filled) in
        [(&["user"][..], Some("user")), (&["user", "user"], Some("user")), (&["a", "b"], None)]
    {
        let flagged = flagged(Vec::new(), switches);
        let form = ArmForm::new(0, "user", &flagged);
        let (id, options) = form.regions().remove(0);
        let options = options.into_string();
        assert!(switches.iter().all(|name| options.contains(&format!("value=\"{name}\""))));
        let html = whole(&form);
        assert!(html.contains(&format!("<datalist id=\"{id}\"")) && html.contains(&options));
        let value = filled.map(|name| format!("name=\"policy\" value=\"{name}\""));
        let expected = value.unwrap_or_else(|| "name=\"policy\" placeholder".to_owned());
        assert!(html.contains(&expected), "{html}");
    }
}

#[test]
fn how_a_service_stands_is_told_without_figures_and_with_mistakes() {
    let of = |flagged: &Flagged| text(&faults_region(0, "user", Ok(flagged)).1.into_string());
    let told = [vec![], vec![flag("slow", "file", "off")], each()]
        .map(|flags| of(&flagged(flags, &["user"])));
    assert_eq!(
        told,
        [
            "✓ It answers. It has no flags.",
            "✓ It answers. No flag has a fault armed.",
            "✓ It answers. Armed by flag: slow-armed, slow.",
        ]
    );
    assert_eq!(of(&Flagged::default()), "✓ It answers. It takes no flags.");
    let mut wrong = flagged(Vec::new(), &[]);
    wrong.flags.as_mut().unwrap().sources =
        serde_json::from_value(json!([{ "source": "admin", "mistake": null },
            { "source": "file faults.toml", "mistake": "slow: rate is 7, but must be 0 to 1" }]))
        .unwrap();
    assert_eq!(
        of(&wrong),
        "✓ It answers. It has no flags. ✗ The source file faults.toml is wrong. slow: rate is 7, but \
         must be 0 to 1. What it said before counts on."
    );
}

#[test]
fn why_there_is_no_form_and_what_is_not_shown_is_told() {
    let of = |flagged: &Flagged| text(&about_region(0, flagged, 5).1.into_string());
    assert_eq!(of(&Flagged::default()), "It does not answer /flags, so none can be set.");
    assert_eq!(
        of(&flagged(each(), &[])),
        "It has no fault switch, so there is nothing to arm. 2 more flags are not shown on this page."
    );
    assert_eq!(of(&flagged(each().split_off(2), &["user"])), "");
}

#[test]
fn what_was_done_is_told_with_the_flag_that_counts_since() {
    let flags = FlagsState {
        flags: vec![
            flag("gone", "admin", "no_policy"),
            flag("slow", "admin", "armed"),
            flag("slow", "file", "overruled"),
            flag("other", "file", "off"),
        ],
        sources: Vec::new(),
    };
    for (name, expected) in [
        ("slow", "✓ Done: set. slow is armed."),
        ("other", "✓ Done: set. other of file is off."),
        ("gone", "✓ Done: set. gone is on, and no fault switch is called user."),
        ("none", "✓ Done: set. There is no flag none."),
    ] {
        assert_eq!(text(&flag_done("set", name, &flags).into_string()), expected);
    }
}

#[test]
fn faults_that_come_and_go_are_sentences() {
    let event = |happened: Value| {
        let mut event = json!({ "id": 1, "policy": "user", "ago": "2s" });
        event.as_object_mut().unwrap().extend(happened.as_object().unwrap().clone());
        serde_json::from_value::<EventState>(event).unwrap()
    };
    let ended = |why: &str| json!({ "event": "fault_ended", "fault": "slow_body", "why": why });
    let armed = json!({ "event": "fault_armed", "fault": "slow_body", "expires_in": "2s 999ms" });
    let reasons = ["expired", "spent", "disarmed", "replaced", "from_the_future"];
    let changes = [armed].into_iter().chain(reasons.map(ended)).map(event).collect();
    let operated = Operated { changes, ..Operated::default() };
    assert_eq!(
        text(&changes_region(0, &operated).1.into_string()),
        "What changed the policies\
         2 s agoA fault is armed in user: slow body, for 3 s at most\
         2 s agoThe fault in user ended: slow body, its time was over\
         2 s agoThe fault in user ended: slow body, it has hit all that it may\
         2 s agoThe fault in user ended: slow body, it was disarmed\
         2 s agoThe fault in user ended: slow body, another was armed in its place\
         2 s agoThe fault in user ended: slow body, from_the_future"
    );
}

#[test]
fn what_is_drawn_anew_holds_no_focus_and_what_comes_from_outside_stays_text() {
    const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x>";
    let mut flags = each();
    for flag in &mut flags {
        for text in [&mut flag.name, &mut flag.source, &mut flag.flag.policy] {
            HOSTILE.clone_into(text);
        }
    }
    let mut flagged = flagged(flags, &["user"]);
    let flags = flagged.flags.as_mut().unwrap();
    flags.sources =
        serde_json::from_value(json!([{ "source": HOSTILE, "mistake": HOSTILE }])).unwrap();
    let mut html = faults_region(0, HOSTILE, Ok(&flagged)).1.into_string();
    html.push_str(&about_region(0, &flagged, 0).1.into_string());
    html.push_str(&flag_done("set", HOSTILE, flagged.flags.as_ref().unwrap()).into_string());
    for flag in &flagged.flags.as_ref().unwrap().flags {
        html.extend(
            FlagArticle::new(0, HOSTILE, flag).regions().iter().map(|(_, html)| html.0.clone()),
        );
    }
    for focusable in ["<a ", "<button", "<input", "<form", "<select", "tabindex", "style="] {
        assert!(!html.contains(focusable), "{focusable}");
    }
    for flag in &flagged.flags.as_ref().unwrap().flags {
        html.push_str(&whole(&FlagArticle::new(0, HOSTILE, flag)));
    }
    html.push_str(&whole(&ArmForm::new(0, HOSTILE, &flagged)));
    html.push_str(&page(Topic::Faults, HOSTILE, &["user"]));
    assert!(html.contains("&lt;script&gt;"), "it is shown as it is");
    assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
}

#[test]
fn each_page_asks_its_own_stream_and_loads_the_same_files() {
    let pages = [Topic::Policies, Topic::Faults].map(|topic| page(topic, "b1", &["user"]));
    assert!(pages[0].contains("data-live=\"/policies/live\""));
    assert!(pages[1].contains("data-live=\"/faults/live\""));
    assert!(OPERATE_SCRIPT.contains("dataset.live") && OPERATE_STYLE.contains("data-none"));
    for page in &pages {
        for part in ["/assets/b1/operate.js", "/assets/b1/operate.css", "id=\"articles-0\""] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("aria-current").count(), 1);
    }
}
