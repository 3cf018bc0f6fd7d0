//! Flags that come from providers of `OpenFeature`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::HashMap,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use open_feature::{
    Client, EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationResult, OpenFeature,
    StructValue, Value,
    provider::{FeatureProvider, ProviderMetadata, ResolutionDetails},
};
use open_feature_02::provider::FeatureProvider as _;
use open_feature_env_var::EnvVarProvider;
use resilience::{
    Name,
    fault::{Fault, FaultLayer, FaultSwitch},
    flags::{FlagSource as _, Flags, OpenFeatureFlags},
    wire::FlagStatus,
};

fn refusal<T>(code: EvaluationErrorCode) -> EvaluationResult<T> {
    Err(EvaluationError { code, message: Some("as the test wants it".into()) })
}

/// What the provider of a test finds.
#[async_trait]
trait Finds: Send + Sync + 'static {
    async fn find(&self, key: &str) -> EvaluationResult<Value>;
}

/// A provider of texts and objects.
struct Provider<T>(T, ProviderMetadata);

#[async_trait]
impl<T: Finds> FeatureProvider for Provider<T> {
    fn metadata(&self) -> &ProviderMetadata {
        &self.1
    }

    async fn resolve_bool_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        refusal(EvaluationErrorCode::TypeMismatch)
    }

    async fn resolve_int_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        refusal(EvaluationErrorCode::TypeMismatch)
    }

    async fn resolve_float_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        refusal(EvaluationErrorCode::TypeMismatch)
    }

    async fn resolve_string_value(
        &self,
        key: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        match self.0.find(key).await? {
            Value::String(text) => Ok(ResolutionDetails::new(text)),
            _ => refusal(EvaluationErrorCode::TypeMismatch),
        }
    }

    async fn resolve_struct_value(
        &self,
        key: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        match self.0.find(key).await? {
            Value::Struct(object) => Ok(ResolutionDetails::new(object)),
            _ => refusal(EvaluationErrorCode::TypeMismatch),
        }
    }
}

/// Flags in memory, or an outage.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Option<HashMap<String, Value>>>>);

impl Memory {
    fn set(&self, flags: Option<Vec<(&str, Value)>>) {
        let flags = flags.map(|flags| flags.into_iter().map(|(key, flag)| (key.to_owned(), flag)));
        *self.0.lock().unwrap() = flags.map(Iterator::collect);
    }
}

#[async_trait]
impl Finds for Memory {
    async fn find(&self, key: &str) -> EvaluationResult<Value> {
        match &*self.0.lock().unwrap() {
            None => refusal(EvaluationErrorCode::ProviderNotReady),
            Some(flags) => {
                let known = flags.get(key).cloned();
                known.map_or_else(|| refusal(EvaluationErrorCode::FlagNotFound), Ok)
            }
        }
    }
}

/// The published provider of variables, which stands on the version before this one.
#[async_trait]
impl Finds for EnvVarProvider {
    async fn find(&self, key: &str) -> EvaluationResult<Value> {
        let context = open_feature_02::EvaluationContext::default();
        match self.resolve_string_value(key, &context).await {
            Ok(found) => Ok(Value::String(found.value)),
            Err(error) if error.code == open_feature_02::EvaluationErrorCode::FlagNotFound => {
                refusal(EvaluationErrorCode::FlagNotFound)
            }
            Err(error) => refusal(EvaluationErrorCode::General(format!("{:?}", error.code))),
        }
    }
}

async fn client(finds: impl Finds) -> Client {
    let mut api = OpenFeature::default();
    let provider = Provider(finds, ProviderMetadata::new("tests"));
    api.set_named_provider("tests", provider).await;
    api.create_named_client("tests")
}

fn text(policy: &str, status: u16) -> String {
    format!(
        r#"{{ "policy": "{policy}", "plan": {{ "fault": {{ "error": {{ "status": {status} }} }},
              "rate": 1, "expires_in": "1h" }} }}"#
    )
}

fn object(policy: &str, status: i64) -> Value {
    let error = StructValue::default().with_field("status", status);
    let fault = StructValue::default().with_field("error", error);
    let plan = StructValue::default().with_field("fault", fault).with_field("rate", 1.0);
    Value::Struct(StructValue::default().with_field("policy", policy).with_field("plan", plan))
}

fn armed(switch: &FaultSwitch) -> Option<Fault> {
    switch.status().armed.map(|plan| plan.fault().clone())
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_says_is_armed_and_an_outage_of_it_changes_nothing() {
    let (switch, provider, flags) = (FaultSwitch::new(), Memory::default(), Flags::new());
    let _ = FaultLayer::new(Name::from_static("open-feature"), switch.clone());
    let source = OpenFeatureFlags::new("provider", client(provider.clone()).await, ["broken"]);
    tokio::spawn(flags.clone().follow(source, Duration::from_secs(1)));
    let mut seen = Vec::new();
    let policy = "open-feature";
    for say in [
        Some(vec![]),
        Some(vec![("broken", Value::String(text(policy, 503))), ("other", Value::Int(1))]),
        None,
        Some(vec![("broken", object(policy, 500))]),
        Some(vec![("broken", Value::Int(7))]),
        Some(vec![("broken", Value::String(String::new()))]),
    ] {
        provider.set(say);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mistake = flags.states().sources.pop().unwrap().mistake;
        seen.push((armed(&switch), mistake));
    }
    let error = |status| Some(Fault::Error { status });
    let said = |code: &str| Some(format!("broken: {code} as the test wants it"));
    assert_eq!(
        seen,
        [
            (None, None),
            (error(503), None),
            (error(503), said("PROVIDER_NOT_READY")),
            (error(500), None),
            (error(500), said("TYPE_MISMATCH")),
            (None, None),
        ]
    );
}

/// Set in the process of the test that asks for it, since a process cannot set its own safely.
const VARIABLE: &str = "slow-users";

#[tokio::test]
async fn a_published_provider_is_followed() {
    if std::env::var_os(VARIABLE).is_none() {
        let this = std::env::current_exe().unwrap();
        let again = Command::new(this)
            .args(["--exact", "a_published_provider_is_followed"])
            .env(VARIABLE, text("open-feature-published", 503))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && told.contains("1 passed"), "{told}");
        return;
    }
    let client = client(EnvVarProvider::default()).await;
    let mut source = OpenFeatureFlags::new("provider", client, [VARIABLE, "no-such-flag"]);
    let (switch, flags) = (FaultSwitch::new(), Flags::new());
    let _ = FaultLayer::new(Name::from_static("open-feature-published"), switch.clone());
    flags.put("variables", source.flags().await.unwrap());
    assert_eq!(armed(&switch), Some(Fault::Error { status: 503 }));
    let told = flags.states().flags;
    assert_eq!((told.len(), told[0].status), (1, FlagStatus::Armed));
}
