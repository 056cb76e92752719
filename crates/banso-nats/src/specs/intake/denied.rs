//! What the server's configuration (`ops/nats`) refuses around the intake.

use super::super::denied::User;
use super::fixture::Fixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_sends_only_for_itself_and_reads_only_its_own_outcomes() {
    let fixture = Fixture::new().await;
    let hospital = User::at(&fixture.server, "hospital").await;
    for allowed in
        ["banso.v1.intake.hospital.note.noted", "banso.api.CONSUMER.MSG.NEXT.BANSO_OUTCOMES.hospital"]
    {
        assert!(hospital.may_publish(allowed).await, "{allowed}");
    }
    for refused in [
        "banso.v1.intake.hospital",
        "banso.v1.intake.municipality.note.noted",
        "banso.v1.intake.*.note.noted",
        "banso.v1.intake.>",
        "banso.v1.outcomes.hospital",
        // Another's consumer gives another's outcomes to whoever asks.
        "banso.api.CONSUMER.MSG.NEXT.BANSO_OUTCOMES.municipality",
        "banso.api.STREAM.MSG.GET.BANSO_OUTCOMES",
        "banso.api.DIRECT.GET.BANSO_OUTCOMES",
        "banso.api.STREAM.MSG.GET.BANSO_INTAKE",
        "$JS.API.STREAM.MSG.GET.BANSO_INTAKE",
        "$JS.API.CONSUMER.MSG.NEXT.BANSO_OUTCOMES.hospital",
    ] {
        assert!(!hospital.may_publish(refused).await, "{refused}");
    }
    assert!(!hospital.may_subscribe("banso.v1.outcomes.hospital").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readers_user_reads_the_intake_and_nothing_else() {
    let fixture = Fixture::new().await;
    let intake = User::at(&fixture.server, "intake").await;
    assert!(intake.may_publish("$JS.API.STREAM.MSG.GET.BANSO_INTAKE").await);
    for refused in [
        "banso.v1.intake.hospital.note.noted",
        "$JS.API.STREAM.MSG.GET.BANSO_EVENTS",
        "$JS.API.STREAM.MSG.GET.BANSO_OUTCOMES",
        "$JS.API.CONSUMER.CREATE.BANSO_EVENTS",
        "$JS.API.CONSUMER.CREATE.BANSO_OUTCOMES",
        "$JS.API.STREAM.DELETE.BANSO_INTAKE",
        "$JS.API.STREAM.PURGE.BANSO_INTAKE",
        "$JS.API.STREAM.MSG.DELETE.BANSO_INTAKE",
    ] {
        assert!(!intake.may_publish(refused).await, "{refused}");
    }
    assert!(!intake.may_subscribe("banso.v1.intake.>").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_user_of_banso_takes_a_message_from_the_intake() {
    let fixture = Fixture::new().await;
    for name in ["relay", "intake", "hospital", "subscriber"] {
        let user = User::at(&fixture.server, name).await;
        for call in ["DELETE", "PURGE", "MSG.DELETE"] {
            assert!(
                !user.may_publish(&format!("$JS.API.STREAM.{call}.BANSO_INTAKE")).await,
                "{name}: {call}"
            );
        }
    }
    // Nor does one who may do everything, but for the stream as a whole.
    fixture.publish("hospital", 0..1).await;
    let stream = async_nats::jetstream::new(fixture.admin().await).get_stream(crate::INTAKE_STREAM).await;
    let mut stream = stream.unwrap();
    assert!(stream.delete_message(1).await.is_err());
    assert!(stream.purge().await.is_err());
    assert_eq!(stream.info().await.unwrap().state.messages, 1);
}
