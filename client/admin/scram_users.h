#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/admin/each_call.h"
#include "ottla/admin.h"

namespace ottla::client {

// An upsertion as it is sent: without the password.
struct SaltedCredential {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::sha_256;
  std::int32_t iterations = 0;
  std::string salt;
  std::string salted_password;
};

struct ScramChange {
  std::vector<SaltedCredential> upsertions;
  std::vector<ScramCredentialDeletion> deletions;
};

// Slow: never on a loop. Iterations that no broker takes are not worked through.
std::vector<SaltedCredential> salt_passwords(std::vector<ScramCredentialUpsertion> upsertions);

class DescribeScramUsersCall final : public AdminCallFor<ScramUsers> {
 public:
  DescribeScramUsersCall(Promise<ScramUsers> promise, std::vector<std::string> users);

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const std::vector<std::string> users_;
};

class AlterScramUsersCall final : public EachCall<std::string, std::optional<Error>> {
 public:
  AlterScramUsersCall(Promise<UserOutcomes> promise, ScramChange change);

  bool for_controller() const override { return true; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  Error about(const std::string& user, const Error& error) const override;
  std::string_view noun() const override { return "user"; }

  const ScramChange change_;
};

}  // namespace ottla::client
