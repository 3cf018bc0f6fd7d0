//! Reads a request where it is part of an answer.
//!
//! A request refuses fields that it does not know. An answer of a later version may have some in the
//! same place, and a client has to read the rest: so it reads the same types through this, which
//! leaves out what a type does not name, however deep.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, IgnoredAny, IntoDeserializer as _, MapAccess,
        SeqAccess, VariantAccess, Visitor, value::StringDeserializer,
    },
    forward_to_deserialize_any,
};

/// The names that a type knows.
type Names = &'static [&'static str];

pub(super) fn read<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(Lenient(deserializer))
}

/// A format, or a part of it, that says what it holds, as JSON does.
struct Lenient<I>(I);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Visit { visitor, names: None })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Visit { visitor, names: None })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Visit { visitor, names: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, names, Visit { visitor, names: Some(names) })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: Names,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Visit { visitor, names: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Lenient<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Lenient(deserializer))
    }
}

struct Visit<V> {
    visitor: V,
    /// Of the fields, where it visits a table with a type.
    names: Option<Names>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Visit<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.visitor.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.visitor.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.visitor.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.visitor.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.visitor.visit_str(value)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Lenient(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Lenient(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Lenient(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Entries { entries, names: self.names })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Lenient(variant))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Lenient<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Lenient(seed))
    }
}

struct Entries<A> {
    entries: A,
    names: Option<Names>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        while let Some(key) = self.entries.next_key::<String>()? {
            if self.names.is_none_or(|names| names.contains(&&*key)) {
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            self.entries.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.entries.next_value_seed(Lenient(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Lenient<A> {
    type Error = A::Error;
    type Variant = Lenient<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, content) = self.0.variant_seed(seed)?;
        Ok((name, Lenient(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Lenient<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Lenient(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Visit { visitor, names: None })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(names, Visit { visitor, names: Some(names) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::wire::{ArmFault, FaultState, FaultStatus, FlagsState, InstanceState, PolicyState};

    /// A fault with all there is, and in each table of it a field that this version does not know.
    fn later() -> Value {
        json!({
            "fault": { "random_latency": { "histogram": {
                "buckets": [{ "up_to": "1s", "weight": 3, "later": [1] }, { "up_to": "2s", "weight": 1 }],
                "later": null
            } } },
            "rate": 1, "expires_in": "30s", "later": { "rate": 7 },
            "header": { "name": "x-run", "later": 1.5 },
            "sticky_by": { "header": "x-user", "salt": 3, "later": "x" },
            "max_active": 20, "max_injected": 1_000, "max_share": 0.5
        })
    }

    /// The same without those.
    fn earlier() -> ArmFault {
        serde_json::from_value(json!({
            "fault": { "random_latency": { "histogram": {
                "buckets": [{ "up_to": "1s", "weight": 3 }, { "up_to": "2s", "weight": 1 }]
            } } },
            "rate": 1, "expires_in": "30s", "header": { "name": "x-run" },
            "sticky_by": { "header": "x-user", "salt": 3 },
            "max_active": 20, "max_injected": 1_000, "max_share": 0.5
        }))
        .unwrap()
    }

    #[test]
    fn a_fault_of_a_later_version_is_read_in_answers_and_refused_as_a_request() {
        assert!(serde_json::from_value::<ArmFault>(later()).is_err());
        let status = json!({ "armed": later(), "injected": 1, "later": 1 });
        for status in [
            serde_json::from_value::<FaultStatus>(status.clone()).unwrap(),
            serde_json::from_str(&status.to_string()).unwrap(),
        ] {
            assert_eq!((status.armed, status.injected), (Some(earlier()), 1));
        }
        let listed = json!({ "id": 1, "kind": "fault", "policy": "p", "armed": later(),
                             "injected": 0 });
        let listed: InstanceState = serde_json::from_value(listed).unwrap();
        let PolicyState::Fault(FaultState { status, .. }) = listed.state else { panic!("a fault") };
        assert_eq!(status.armed, Some(earlier()));
        let flags = json!({ "sources": [], "flags": [{
            "name": "slow", "source": "admin", "status": "armed", "time_left": "1s", "injected": 0,
            "flag": { "policy": "p", "plan": later(), "later": true }
        }] });
        let flags: FlagsState = serde_json::from_value(flags).unwrap();
        assert_eq!(flags.flags[0].flag.plan, earlier());
    }

    #[test]
    fn what_is_wrong_in_an_answer_is_wrong_all_the_same() {
        for (pointer, wrong) in [
            ("/rate", json!("much")),
            ("/expires_in", json!(30)),
            ("/max_active", json!(0)),
            ("/fault", json!({ "melt": {} })),
            ("/header", json!({})),
        ] {
            let mut fault = later();
            *fault.pointer_mut(pointer).unwrap() = wrong;
            let status = json!({ "armed": fault, "injected": 0 });
            assert!(serde_json::from_value::<FaultStatus>(status).is_err(), "{pointer}");
        }
        for idle in [json!({ "armed": null, "injected": 0 }), json!({ "injected": 0 })] {
            let told: FaultStatus = serde_json::from_value(idle).unwrap();
            assert_eq!(told, FaultStatus::default());
        }
    }

    #[test]
    fn every_kind_of_fault_in_an_answer_is_the_one_that_was_written() {
        for kind in [
            json!({ "latency": { "delay": "1s" } }),
            json!({ "error": { "status": 503 } }),
            json!({ "grpc_status": { "code": 14 } }),
            json!({ "abort": {} }),
            json!({ "random_latency": { "pareto": { "least": "1s", "shape": 2 } } }),
            json!({ "stall": {} }),
            json!({ "readiness_stall": {} }),
            json!({ "slow_body": { "chunk": 1, "pause": "1s" } }),
            json!({ "truncated_body": { "after": 7 } }),
            json!({ "panic": {} }),
        ] {
            let fault = json!({ "fault": kind, "rate": 0.5, "method": "GET", "path_prefix": "/" });
            let asked: ArmFault = serde_json::from_value(fault.clone()).unwrap();
            let status = json!({ "armed": fault, "injected": 0 });
            let told: FaultStatus = serde_json::from_value(status).unwrap();
            assert_eq!(told.armed, Some(asked));
        }
    }
}
