#pragma once

#include <map>
#include <memory>
#include <string>

#include "broker/config/authorization.h"
#include "broker/security/authorizer.h"
#include "protocol/sasl/plain.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {

// A broker with an authorizer, and users who log in: "admin" may do everything, "alice" what ACLs
// allow.
class AuthorizationFixture : public HandlerFixture {
 protected:
  AuthorizationFixture() {
    auto& plain = config_.sasl_listeners["PLAINTEXT"].mechanisms["PLAIN"];
    plain.passwords["admin"] = "secret";
    plain.passwords["alice"] = "secret";
    config_.authorizer_class_name = kStandardAuthorizer;
    config_.super_users = "User:admin";
    config_.transaction_state_log_num_partitions = 1;
    config_.offsets_topic_num_partitions = 1;
  }

  // `call` and all that goes through it is the administrator's.
  void SetUp() override {
    HandlerFixture::SetUp();
    log_in(client(), "admin");
    log_in(alice(), "alice");
  }

  simulation::WireClient& alice() { return client(1); }

  static void log_in(simulation::WireClient& client, const std::string& user) {
    const auto begun = client.call(protocol::SaslHandshakeRequest{.mechanism = "PLAIN"}, 1);
    ASSERT_TRUE(begun) << begun.error();
    const auto message = protocol::encode_plain({user, "secret"});
    protocol::SaslAuthenticateRequest request;
    request.auth_bytes.view = message;
    const auto answer = client.call(request, 2);
    ASSERT_TRUE(answer) << answer.error();
    ASSERT_EQ(answer->error_code, ErrorCode::none);
  }

  // Asks as alice.
  template <class M>
  typename M::Response ask(const M& request, std::int16_t version = M::api.max) {
    auto response = alice().call(request, version);
    EXPECT_TRUE(response) << M::api.name << ": " << response.error();
    return response ? *std::move(response) : typename M::Response();
  }

  static AclBinding acl(AclOperation operation, AclResourceType type, std::string_view name) {
    return {.resource_type = type,
            .resource_name = std::string(name),
            .principal = "User:alice",
            .operation = operation};
  }

  void allow(const AclBinding& acl) {
    protocol::CreateAclsRequest request;
    request.creations.push_back({static_cast<std::int8_t>(acl.resource_type), acl.resource_name,
                                 static_cast<std::int8_t>(acl.pattern_type), acl.principal,
                                 acl.host, static_cast<std::int8_t>(acl.operation),
                                 static_cast<std::int8_t>(acl.permission)});
    const auto response = call(request);
    ASSERT_EQ(response.results.size(), 1U);
    ASSERT_EQ(response.results[0].error_code, ErrorCode::none);
  }
  void allow(AclOperation operation, AclResourceType type, std::string_view name) {
    allow(acl(operation, type, name));
  }
  void allow_topic(AclOperation operation, std::string_view name = "t") {
    allow(operation, AclResourceType::topic, name);
  }

  // Takes all ACLs away; how many there were.
  std::size_t forbid_all() {
    protocol::DeleteAclsRequest request;
    protocol::DeleteAclsRequest::DeleteAclsFilter all;
    all.resource_type_filter = all.pattern_type_filter = all.operation = all.permission_type = 1;
    request.filters.push_back(all);
    const auto response = call(request);
    EXPECT_EQ(response.filter_results.size(), 1U);
    return response.filter_results.at(0).matching_acls.size();
  }
};

}  // namespace ottla::broker
