use super::*;
use banso_kernel::{Duration, EventType, Fingerprint, LogId, StreamId, When};
use chrono::NaiveDate;
use proptest::option;
use proptest::prelude::*;

const HASH: &str = "[0-9a-f]{64}";
const TOKEN: &str = "[a-zA-Z0-9_-]{1,64}";

fn entity_of(event_type: &EventType) -> Option<&'static str> {
    event_type.name.starts_with('R').then_some("referral")
}

fn parsed<T: FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(
    text: &'static str,
) -> impl Strategy<Value = T> {
    text.prop_map(|text| text.parse().unwrap())
}

fn stream() -> impl Strategy<Value = StreamId> {
    let of = |kind: &'static str| TOKEN.prop_map(move |id| format!("{kind}/{id}").parse().unwrap());
    prop_oneof![of("person"), of("zone"), Just(StreamId::Registry)]
}

fn event_id() -> impl Strategy<Value = EventId> {
    any::<[u8; 16]>().prop_map(EventId::from_bytes)
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..4_102_444_800_000_000i64).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn when() -> impl Strategy<Value = When> {
    let day = (0..20_000i32).prop_map(|days| NaiveDate::from_epoch_days(days).unwrap());
    prop_oneof![
        time().prop_map(When::Instant),
        day.prop_map(When::Day),
        Just("2025-04".parse::<When>().unwrap()),
        Just(When::Unknown),
        (event_id(), Just("P14D".parse::<Duration>().unwrap())).prop_map(|(e, d)| When::Offset(e, d)),
        event_id().prop_map(When::After),
        event_id().prop_map(When::Before),
    ]
}

/// As a door lets it through and worse: any text, line breaks included.
fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof!["[ -~]{1,80}", "\\PC{1,40}", "[\\r\\n\\t %\"あ]{1,8}"].prop_map(Into::into)
}

fn header() -> impl Strategy<Value = Header> {
    let place = (1..u64::MAX / 2, stream(), 1..u64::MAX / 2, event_id());
    let what = (text(), text(), "banso\\.[A-Za-z0-9]{1,64}\\.v[1-9][0-9]{0,3}", option::of(when()));
    let times = (time(), time(), "[a-z]{1,9}@[a-z-]{1,9}");
    let links = (option::of(event_id()), option::of(event_id()), option::of(event_id()));
    let level = prop_oneof![
        Just(Confidentiality::Normal),
        Just(Confidentiality::Restricted),
        Just(Confidentiality::Sealed)
    ];
    let rest =
        (option::of(text()), option::of(text()), option::of(text()), level, parsed::<Fingerprint>(HASH));
    (place, what, times, links, rest).prop_map(|(place, what, times, links, rest)| Header {
        seq: place.0,
        stream: place.1,
        stream_seq: place.2,
        event_id: place.3,
        source: what.0,
        id: what.1,
        event_type: what.2.parse().unwrap(),
        occurred: what.3,
        received_at: times.0,
        recorded_at: times.1,
        actor: times.2.parse().unwrap(),
        corrects: links.0,
        repeats: links.1,
        causation: links.2,
        group: rest.0,
        correlation: rest.1,
        traceparent: rest.2,
        confidentiality: rest.3,
        fingerprint: rest.4,
    })
}

fn sealed() -> impl Strategy<Value = Sealed> {
    let proof = (any::<Salt>(), parsed::<Hash>(HASH), parsed::<Hash>(HASH));
    (header(), any::<Vec<u8>>(), proof).prop_map(|(header, body, (salt, stream_chain, log_chain))| {
        seal(header, body.into(), salt, stream_chain, log_chain)
    })
}

fn seal(header: Header, body: Bytes, salt: Salt, stream_chain: Hash, log_chain: Hash) -> Sealed {
    Sealed {
        header: serde_json::to_vec(&header).unwrap(),
        salt,
        stream_chain,
        log_chain,
        columns: Columns {
            seq: header.seq,
            stream: header.stream.clone(),
            stream_seq: header.stream_seq,
            event_id: header.event_id,
            recorded_at: header.recorded_at,
            part: header.part(),
        },
        event: Recorded { header, body },
    }
}

fn identity() -> Identity {
    Identity { log_id: "000102030405060708090a0b0c0d0e0f".parse::<LogId>().unwrap(), epoch: 3 }
}

fn sample() -> Sealed {
    let header = br#"{"seq":7,"stream":"person/haru","stream_seq":2,"event_id":"2e4f00d2-b6f5-598a-904c-edfaa9441c02","source":"https://hospital.example","id":"haru 05","type":"banso.ReferralMade.v1","occurred":"2025-04-01","received_at":"2025-04-01T01:00:00Z","recorded_at":"2025-04-01T01:00:00.000123Z","actor":"psw@hospital","fingerprint":"7f13afea1e1b551264f8648af13f6c2fd5793cf4e5732253435ea8eb70e104fc"}"#;
    let header: Header = serde_json::from_slice(header).unwrap();
    seal(header, "{\"言葉\":1}".into(), [7; 16], Hash::of(b"stream"), Hash::of(b"log"))
}

proptest! {
    #[test]
    fn an_event_comes_back_from_its_message_byte_for_byte(
        sealed in sealed(), previous in any::<u64>(), epoch in any::<u32>()
    ) {
        let identity = Identity { epoch, ..identity() };
        let message = encode(&sealed, &identity, previous, entity_of);
        prop_assert!(message.headers.get("ce-bansoheader").is_none(), "the attributes say it all");
        let event = decode(&message.headers, &message.payload).unwrap();
        prop_assert_eq!(event, BusEvent { identity, previous_in_part: previous, sealed });
    }

    #[test]
    fn headers_are_printable_ascii_and_the_subject_has_seven_tokens(sealed in sealed()) {
        let message = encode(&sealed, &identity(), 0, entity_of);
        for (name, values) in message.headers.iter() {
            let text = format!("{}{}", name_of(name), values[0].as_str());
            prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{text}");
        }
        prop_assert_eq!(message.subject.split('.').count(), 7);
        prop_assert!(message.subject.split('.').all(|token| !token.is_empty()));
        prop_assert!(!message.subject.contains(['*', '>', ' ']));
    }

    #[test]
    fn no_header_makes_the_decoder_panic(
        name in "(ce-)?[a-z]{1,20}", value in "[ -~]{0,40}", replace in 0usize..30
    ) {
        let message = encode(&sample(), &identity(), 5, entity_of);
        let mut headers = message.headers.clone();
        headers.insert(name, value.as_str());
        let known: Vec<String> = message.headers.iter().map(|(name, _)| name_of(name).to_owned()).collect();
        headers.insert(known[replace % known.len()].as_str(), value.as_str());
        if let Ok(event) = decode(&headers, &message.payload) {
            prop_assert_eq!(event.sealed.event.body, message.payload);
        }
    }
}

#[test]
fn the_message_of_an_event_is_frozen_by_a_sample() {
    let message = encode(&sample(), &identity(), 5, entity_of);
    let headers: BTreeMap<&str, &str> =
        message.headers.iter().map(|(name, values)| (name_of(name), values[0].as_str())).collect();
    let expected = BTreeMap::from([
        ("ce-bansoactor", "psw@hospital"),
        ("ce-bansoepoch", "3"),
        ("ce-bansoeventid", "2e4f00d2-b6f5-598a-904c-edfaa9441c02"),
        ("ce-bansofingerprint", "7f13afea1e1b551264f8648af13f6c2fd5793cf4e5732253435ea8eb70e104fc"),
        ("ce-bansologchain", "836ff184e7b41b1e13cb5fd89fa1de98dbbab99e9d2918913ff43b86a5c7c213"),
        ("ce-bansologid", "000102030405060708090a0b0c0d0e0f"),
        ("ce-bansooccurred", "2025-04-01"),
        ("ce-bansopart", "5"),
        ("ce-bansoprevpart", "5"),
        ("ce-bansoreceivedat", "2025-04-01T01:00:00.000000Z"),
        ("ce-bansorecordedat", "2025-04-01T01:00:00.000123Z"),
        ("ce-bansosalt", "07070707070707070707070707070707"),
        ("ce-bansoseq", "7"),
        ("ce-bansostreamchain", "dca83e717b1f64eb141057a7415a330ad1361f51703efa2e4776f40047898a04"),
        ("ce-bansostreamseq", "2"),
        ("ce-datacontenttype", "application/json"),
        ("ce-id", "haru%2005"),
        ("ce-source", "https://hospital.example"),
        ("ce-specversion", "1.0"),
        ("ce-subject", "person/haru"),
        ("ce-type", "banso.ReferralMade.v1"),
    ]);
    assert_eq!(headers, expected);
    assert_eq!(message.subject, "banso.v1.events.5.referral.referral-made.person-haru");
    assert_eq!(message.payload, "{\"言葉\":1}");
}

#[test]
fn a_type_that_the_binary_does_not_know_has_a_subject_too() {
    let mut event = sample();
    event.event.header.event_type = "banso.FutureThing.v1".parse().unwrap();
    let message = encode(&event, &identity(), 0, entity_of);
    assert_eq!(message.subject, "banso.v1.events.5.unknown.future-thing.person-haru");
}

#[test]
fn a_header_that_the_attributes_do_not_say_exactly_travels_as_it_is() {
    let mut finer = sample();
    let text = String::from_utf8(finer.header.clone()).unwrap();
    finer.header = text.replace("01:00:00Z", "01:00:00.000000001Z").into_bytes();
    finer.event.header = serde_json::from_slice(&finer.header).unwrap();
    let mut spaced = sample();
    spaced.header = text.replace(':', ": ").replace("https: ", "https:").into_bytes();
    spaced.header =
        String::from_utf8(spaced.header).unwrap().replace("T01: 00: 00", "T01:00:00").into_bytes();
    assert_eq!(serde_json::from_slice::<Header>(&spaced.header).unwrap(), spaced.event.header);
    for event in [finer, spaced] {
        let message = encode(&event, &identity(), 0, entity_of);
        assert!(message.headers.get("ce-bansoheader").is_some());
        assert_eq!(decode(&message.headers, &message.payload).unwrap().sealed, event);
    }
}

#[test]
fn a_message_that_lacks_something_or_says_it_twice_is_none() {
    let message = encode(&sample(), &identity(), 5, entity_of);
    for name in
        ["specversion", "bansoseq", "bansologid", "bansosalt", "bansologchain", "bansoprevpart", "subject"]
    {
        let mut headers = HeaderMap::new();
        for (other, values) in message.headers.iter().filter(|(n, _)| name_of(n) != format!("ce-{name}")) {
            headers.insert(other.clone(), values[0].clone());
        }
        assert_eq!(decode(&headers, &message.payload).unwrap_err().attribute, name);
    }
    let mut twice = message.headers.clone();
    twice.append("ce-bansoseq", "8");
    assert_eq!(decode(&twice, &message.payload).unwrap_err().attribute, "headers");
    let mut other = message.headers.clone();
    other.insert("ce-specversion", "0.3");
    assert_eq!(decode(&other, &message.payload).unwrap_err().attribute, "specversion");
}

#[test]
fn the_size_of_a_message_is_what_the_server_counts() {
    let mut message = encode(&sample(), &identity(), 5, entity_of);
    message.headers = HeaderMap::new();
    message.headers.insert("a", "bc");
    message.payload = Bytes::from_static(b"{}");
    assert_eq!(message.bytes(), "NATS/1.0\r\na: bc\r\n\r\n{}".len());
}
