//! The provider behind the published OpenFeature client.

use open_feature::provider::ProviderStatus;
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue, EvaluationErrorCode, EvaluationReason, FlagMetadataValue,
    OpenFeature, Value,
};
use serde_json::json;
use yardarm::Client;
use yardarm::openfeature::Provider;

#[tokio::test]
async fn every_type_is_answered_with_its_details() {
    let flags = Client::for_tests();
    flags.set("bool", true).set("text", "blue").set("int", 42).set("float", 0.5).set("list", json!([1]));
    flags.set("struct", json!({"a": [1, 0.5, "x", null], "b": {"c": true}}));
    flags.set("greeting", "hello").set_for("greeting", "user-7", "moin");
    let mut api = OpenFeature::default();
    api.set_provider(Provider::new(flags.client())).await;
    let client = api.create_client();
    let user = EvaluationContext::default().with_targeting_key("user-7").with_custom_field("country", "DE");

    assert_eq!(client.get_bool_value("bool", Some(&user), None).await, Ok(true));
    assert_eq!(client.get_string_value("text", Some(&user), None).await, Ok("blue".to_owned()));
    assert_eq!(client.get_int_value("int", Some(&user), None).await, Ok(42));
    assert_eq!(client.get_float_value("int", Some(&user), None).await, Ok(42.0));
    assert_eq!(client.get_float_value("float", Some(&user), None).await, Ok(0.5));
    let details = client.get_string_details("greeting", Some(&user), None).await.unwrap();
    assert_eq!((details.value.as_str(), details.reason), ("moin", Some(EvaluationReason::TargetingMatch)));
    let rule = details.flag_metadata.values.get("ruleId");
    assert_eq!(rule, Some(&FlagMetadataValue::String("target:target-0".to_owned())));
    assert!(details.flag_metadata.values.contains_key("version"));

    let code = |result: Result<bool, open_feature::EvaluationError>| result.unwrap_err().code;
    assert_eq!(code(client.get_bool_value("text", Some(&user), None).await), EvaluationErrorCode::TypeMismatch);
    assert_eq!(code(client.get_bool_value("none", Some(&user), None).await), EvaluationErrorCode::FlagNotFound);
    assert_eq!(
        client.get_int_value("float", Some(&user), None).await.unwrap_err().code,
        EvaluationErrorCode::TypeMismatch
    );
}

#[tokio::test]
async fn structures_keep_their_shape_in_both_directions() {
    use open_feature::provider::FeatureProvider;
    let flags = Client::for_tests();
    flags.set("struct", json!({"a": [1, 0.5, "x", null], "b": {"c": true}})).set("list", json!([1]));
    let provider = Provider::new(flags.client());
    let account = EvaluationContextFieldValue::new_struct(json!({"key": "a1"}));
    let context = EvaluationContext::default().with_targeting_key("u").with_custom_field("account", account);
    let answer = provider.resolve_struct_value("struct", &context).await.unwrap();
    assert_eq!(
        answer.value.fields["a"],
        Value::Array(vec![Value::Int(1), Value::Float(0.5), Value::String("x".into())])
    );
    assert!(matches!(&answer.value.fields["b"], Value::Struct(b) if b.fields["c"] == Value::Bool(true)));
    let error = provider.resolve_struct_value("list", &context).await.unwrap_err();
    assert_eq!(error.code, EvaluationErrorCode::TypeMismatch);
    assert_eq!(provider.status(), ProviderStatus::Ready);
}

#[tokio::test]
async fn without_rules_the_provider_is_not_ready_and_says_so() {
    use open_feature::provider::FeatureProvider;
    let client = Client::builder("http://127.0.0.1:9", "yd_srv_x").build().unwrap();
    let mut provider = Provider::new(client).ready_within(std::time::Duration::from_millis(10));
    provider.initialize(&EvaluationContext::default()).await;
    assert_eq!(provider.status(), ProviderStatus::NotReady);
    let error = provider.resolve_bool_value("a", &EvaluationContext::default()).await.unwrap_err();
    assert_eq!(error.code, EvaluationErrorCode::ProviderNotReady);
}
