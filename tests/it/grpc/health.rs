//! What operators and their tools ask: health and reflection.

use super::client::Grpc;
use crate::operation::recorded_elsewhere_by_a_newer_banso;
use crate::support::event::said;
use crate::support::process::until;
use prost::Message;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

fn health(grpc: &Grpc, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = grpc.wait(HealthClient::new(grpc.channel.clone()).check(request));
    answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
}

#[test]
fn health_follows_readiness() {
    let grpc = Grpc::start();
    grpc.admit(&said("haru", "1", "はい"));
    until("it serves", || (health(&grpc, "") == Ok(ServingStatus::Serving)).then_some(()));
    for service in ["banso.v1.RecordService", "banso.v1.QueryService"] {
        assert_eq!(health(&grpc, service), Ok(ServingStatus::Serving));
    }
    assert_eq!(health(&grpc, "banso.v1.Unheard"), Err(Code::NotFound));
    let watch = |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        grpc.wait(HealthClient::new(grpc.channel.clone()).watch(request)).unwrap().into_inner()
    };
    let mut watched = watch("");
    assert_eq!(grpc.wait(watched.message()).unwrap().unwrap().status(), ServingStatus::Serving);
    let mut unknown = watch("banso.v1.Unheard");
    assert_eq!(grpc.wait(unknown.message()).unwrap().unwrap().status(), ServingStatus::ServiceUnknown);

    grpc.wait(async { recorded_elsewhere_by_a_newer_banso(grpc.store.open().await, "haru").await });
    assert_eq!(grpc.wait(watched.message()).unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(health(&grpc, ""), Ok(ServingStatus::NotServing));
    assert_eq!(grpc.http.get("/readyz").0, 503);
}

fn reflected(grpc: &Grpc, question: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut client = ServerReflectionClient::new(grpc.channel.clone());
    let mut answers =
        grpc.wait(client.server_reflection_info(futures::stream::iter([request]))).unwrap().into_inner();
    grpc.wait(answers.message()).unwrap().unwrap().message_response.unwrap()
}

#[test]
fn a_tool_that_knows_nothing_can_ask_what_there_is() {
    let grpc = Grpc::start();
    let MessageResponse::ListServicesResponse(list) =
        reflected(&grpc, MessageRequest::ListServices(String::new()))
    else {
        panic!("no list")
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["banso.v1.QueryService", "banso.v1.RecordService", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let question = MessageRequest::FileContainingSymbol("banso.v1.QueryService.GetPlan".to_owned());
    let MessageResponse::FileDescriptorResponse(files) = reflected(&grpc, question) else {
        panic!("no file")
    };
    let file = prost_types::FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap();
    assert_eq!(file.name(), "banso/v1/query.proto");
}
