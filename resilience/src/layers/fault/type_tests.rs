//! The types are the same with and without the feature `fault-injection`: another crate of
//! the graph may turn it on, and what compiled before must still compile.

use std::{
    cell::Cell,
    convert::Infallible,
    fmt::Debug,
    future::{Future, Ready},
    marker::{PhantomData, PhantomPinned},
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{AnyRequest, FaultService, ResponseFuture, Target};
use crate::error::{BoxError, Refusal};

trait Has {
    fn holds(&self) -> bool;
}

trait HasNot {
    fn holds(&self) -> bool {
        false
    }
}

/// Whether a type has some traits, as a value, so that a test can ask for a trait's absence.
///
/// A method of `Asked` is found before one of `&Asked`, but only where its bounds hold.
macro_rules! holds {
    ($type:ty: $($bound:tt)+) => {{
        struct Asked<T>(PhantomData<T>);
        impl<T: $($bound)+> Has for Asked<T> {
            fn holds(&self) -> bool {
                true
            }
        }
        impl<T> HasNot for &Asked<T> {}
        let asked = &Asked::<$type>(PhantomData);
        asked.holds()
    }};
}

/// A service whose traits are those of `M` and whose future is `F`. It is never called.
#[derive(Debug)]
struct Never<M = (), F = Ready<Result<(), BoxError>>>(M, PhantomData<fn() -> F>);

impl<M: Clone, F> Clone for Never<M, F> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M, F, R, T, E> Service<R> for Never<M, F>
where
    F: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = F;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Pending
    }

    fn call(&mut self, _: R) -> F {
        unreachable!("it is never ready")
    }
}

/// A target whose traits are those of `M`.
#[derive(Clone, Debug)]
struct Marked<M>(PhantomData<M>, M);

impl<M, Request, Response> Target<Request, Response> for Marked<M> {}

/// A future of 16 bytes that must stay where it is.
struct Settled {
    _words: [u64; 2],
    _pinned: PhantomPinned,
}

impl Future for Settled {
    type Output = Result<(), BoxError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

struct Plain;

fn same<S, T, R>()
where
    S: Service<R> + Clone,
    S::Error: Refusal,
    T: Target<R, S::Response> + Clone,
    FaultService<S, T>:
        Service<R, Response = S::Response, Error = S::Error, Future = ResponseFuture<S, T, R>>,
    ResponseFuture<S, T, R>: Future<Output = Result<S::Response, S::Error>> + Debug,
{
}

#[test]
fn the_future_of_the_service_has_a_name() {
    same::<Never, AnyRequest, u32>();
    same::<Never<Rc<()>, Settled>, Marked<Cell<()>>, String>();
}

#[test]
fn the_service_asks_for_every_bound() {
    type Lifted = Ready<Result<(), Infallible>>;
    assert!(holds!(FaultService<Never>: Service<u32>));
    assert!(!holds!(FaultService<Never<Plain>>: Service<u32>), "S: Clone");
    assert!(!holds!(FaultService<Never<(), Lifted>>: Service<u32>), "S::Error: Refusal");
    assert!(!holds!(FaultService<Never, ()>: Service<u32>), "T: Target");
    assert!(!holds!(FaultService<Never, Marked<Plain>>: Service<u32>), "T: Clone");

    assert!(holds!(ResponseFuture<Never, AnyRequest, u32>: Future));
    assert!(!holds!(ResponseFuture<Never<(), Lifted>, AnyRequest, u32>: Future));
    assert!(!holds!(ResponseFuture<Never, (), u32>: Future));
}

#[test]
fn the_service_has_the_traits_of_its_parts() {
    assert!(holds!(FaultService<Never>: Clone + Debug + Send + Sync + Unpin));
    assert!(!holds!(FaultService<Never<Plain>>: Clone));
    assert!(!holds!(FaultService<Never<Plain>>: Debug));
    assert!(!holds!(FaultService<Never, Plain>: Clone));
    assert!(!holds!(FaultService<Never, Plain>: Debug));
    assert!(!holds!(FaultService<Never<Rc<()>>>: Send));
    assert!(!holds!(FaultService<Never, Rc<()>>: Send));
    assert!(!holds!(FaultService<Never, Cell<()>>: Sync));
    assert!(!holds!(FaultService<Never, PhantomPinned>: Unpin));
    assert!(!holds!(FaultService<Never>: UnwindSafe), "listeners are anything");
    assert!(!holds!(FaultService<Never>: RefUnwindSafe));
}

#[test]
fn the_future_has_the_traits_of_what_it_may_hold() {
    type Pinned = Never<PhantomPinned>;
    assert!(holds!(ResponseFuture<Never, AnyRequest, u32>: Send + Sync + Unpin));
    assert!(!holds!(ResponseFuture<Never<Rc<()>>, AnyRequest, u32>: Send));
    assert!(!holds!(ResponseFuture<Never, Marked<Rc<()>>, u32>: Send));
    assert!(!holds!(ResponseFuture<Never, AnyRequest, Rc<()>>: Send));
    assert!(!holds!(ResponseFuture<Never, AnyRequest, Cell<()>>: Sync));
    assert!(holds!(ResponseFuture<Pinned, Marked<PhantomPinned>, PhantomPinned>: Unpin));
    assert!(!holds!(ResponseFuture<Never<(), Settled>, AnyRequest, u32>: Unpin));
    assert!(!holds!(ResponseFuture<Never, AnyRequest, u32>: UnwindSafe), "a timer is not");
    assert!(!holds!(ResponseFuture<Never, AnyRequest, u32>: RefUnwindSafe));
}

#[test]
fn the_future_of_a_call_that_is_not_hit_is_small() {
    type Large = ResponseFuture<Never<(), Settled>, AnyRequest, [u8; 256]>;
    assert_eq!(size_of::<Settled>(), 16);
    // One word to tell whether the call is made, and one for the box of what is injected.
    let more = if cfg!(feature = "fault-injection") { 2 * size_of::<usize>() } else { 0 };
    assert_eq!(size_of::<Large>(), size_of::<Settled>() + more);
}

#[cfg(not(feature = "fault-injection"))]
#[test]
fn without_the_feature_the_service_is_the_inner_one() {
    use super::FaultLayer;
    type Small = ResponseFuture<Never, AnyRequest, [u8; 256]>;
    type Large = ResponseFuture<Never<(), Settled>, AnyRequest, [u8; 256]>;

    assert_eq!(size_of::<FaultService<[u64; 3]>>(), size_of::<[u64; 3]>());
    assert_eq!(size_of::<FaultService<()>>(), 0);
    assert_eq!(align_of::<FaultService<u8>>(), 1);
    assert!(!std::mem::needs_drop::<FaultService<u64>>());
    assert_eq!(size_of::<Small>(), size_of::<Ready<Result<(), BoxError>>>());
    assert_eq!(size_of::<Large>(), size_of::<Settled>());
    assert!(!std::mem::needs_drop::<Large>());
    // The layer keeps what it was given, and hands none of it on.
    assert!(size_of::<FaultLayer>() > 0);
}

#[cfg(feature = "http-body")]
mod bodies {
    use super::{
        super::{BodyResponseFuture, FaultBody, FaultBodyService},
        *,
    };

    #[test]
    fn a_body_and_what_makes_it_have_the_traits_of_their_parts() {
        assert!(holds!(FaultBody<()>: Debug + Send + Sync + Unpin));
        assert!(!holds!(FaultBody<Rc<()>>: Send));
        assert!(!holds!(FaultBody<Cell<()>>: Sync));
        assert!(!holds!(FaultBody<PhantomPinned>: Unpin));
        assert!(!holds!(FaultBody<()>: UnwindSafe), "a timer is not");
        assert!(holds!(BodyResponseFuture<()>: Debug + Send + Sync + Unpin));
        assert!(!holds!(BodyResponseFuture<PhantomPinned>: Unpin));
        assert!(!holds!(BodyResponseFuture<()>: UnwindSafe));
        assert!(holds!(FaultBodyService<()>: Clone + Debug + Send + Sync + Unpin));
        assert!(!holds!(FaultBodyService<Plain>: Clone));
        assert!(!holds!(FaultBodyService<()>: UnwindSafe), "listeners are anything");
    }

    #[test]
    fn a_body_that_is_not_hit_is_two_words_larger_at_most() {
        let most = if cfg!(feature = "fault-injection") { 2 * size_of::<usize>() } else { 0 };
        assert_eq!(size_of::<FaultBody<[u64; 3]>>(), size_of::<[u64; 3]>() + most);
        assert_eq!(size_of::<BodyResponseFuture<[u64; 3]>>(), size_of::<[u64; 3]>() + most);
        if !cfg!(feature = "fault-injection") {
            assert_eq!(size_of::<FaultBodyService<[u64; 3]>>(), size_of::<[u64; 3]>());
        }
    }
}

#[cfg(not(feature = "fault-injection"))]
#[tokio::test(start_paused = true)]
async fn without_the_feature_an_armed_switch_hits_nothing() {
    use std::time::Duration;

    use tower::{ServiceExt, service_fn};
    use tower_layer::Layer;

    use super::{Fault, FaultLayer, FaultPlan, FaultSwitch};
    use crate::{name::Name, ratio::Ratio};

    let switch = FaultSwitch::new();
    let plan = FaultPlan::new(Fault::Abort, Ratio::ONE, Duration::from_mins(1));
    switch.arm(plan.unwrap());
    let answer = service_fn(|n: u32| std::future::ready(Ok::<_, BoxError>(n + 1)));
    let layer = FaultLayer::new(Name::from_static("fault-off"), switch.clone());
    assert_eq!(layer.layer(answer).oneshot(1).await.unwrap(), 2);
    assert_eq!(switch.status().injected, 0);
}
