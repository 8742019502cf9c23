#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ottla/result.h"
#include "ottla/scram_mechanism.h"

// What an administrator sees and changes of users that log in by SCRAM (KIP-554).
namespace ottla {

// What is told of a credential; not the credential.
struct ScramCredentialInfo {
  ScramMechanism mechanism = ScramMechanism::sha_256;
  std::int32_t iterations = 0;

  bool operator==(const ScramCredentialInfo&) const = default;
};

// The credentials of each user, by mechanism, or why they are not told.
using ScramUsers = std::map<std::string, Result<std::vector<ScramCredentialInfo>>>;

// A user's new credential, in place of the one of this mechanism. The password stays with the
// client, whose workers take some milliseconds to make of it what the brokers keep.
struct ScramCredentialUpsertion {
  std::string user{};
  ScramMechanism mechanism = ScramMechanism::sha_256;
  std::string password{};
  std::int32_t iterations = 4096;  // up to 16384: what guessing passwords costs
  std::string salt{};              // empty: made by chance
};

struct ScramCredentialDeletion {
  std::string user{};
  ScramMechanism mechanism = ScramMechanism::sha_256;
};

// One entry for each user: none, or why nothing of the user was changed.
using UserOutcomes = std::map<std::string, std::optional<Error>>;

}  // namespace ottla
