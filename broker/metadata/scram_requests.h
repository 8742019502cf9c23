#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"

namespace ottla::broker {

// What a request asks for a user and a mechanism, given by its number, which may be none.
struct ScramDeletion {
  std::string user;
  std::int8_t mechanism = 0;
};

struct ScramUpsertion {
  std::string user;
  std::int8_t mechanism = 0;
  std::int32_t iterations = 0;
  std::string salt;
  std::string salted_password;
};

struct ScramAlteration {
  std::vector<ScramDeletion> deletions;
  std::vector<ScramUpsertion> upsertions;
};

struct AlterScramResult {
  std::string user;
  Result<void> result;
};

// Decides on a request by the image alone, user by user, all of whose changes are made or none;
// writes nothing. The error codes are documented at Controller::alter_scram_credentials.
Decision<AlterScramResult> decide_alter_scram(const ScramAlteration& alteration,
                                              const MetadataImage& image);

}  // namespace ottla::broker
