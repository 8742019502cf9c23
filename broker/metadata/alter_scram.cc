#include <map>
#include <set>
#include <utility>

#include "broker/metadata/scram_requests.h"
#include "protocol/sasl/scram.h"

namespace ottla::broker {
namespace {

using protocol::ScramMechanism;

// Nobody's tool makes longer ones.
constexpr std::size_t kMostSaltBytes = 1024;
constexpr std::size_t kMostUserBytes = 1024;

Error unacceptable(std::string why) {
  return Error(ErrorCode::unacceptable_credential, std::move(why));
}

// One request on its way to a decision.
class ScramAlterer {
 public:
  explicit ScramAlterer(const MetadataImage& image) : image_(image) {}

  Decision<AlterScramResult> decide(const ScramAlteration& alteration) {
    for (const auto& deletion : alteration.deletions) note(deletion.user, check(deletion));
    for (const auto& upsertion : alteration.upsertions) note(upsertion.user, check(upsertion));
    for (const auto& deletion : alteration.deletions) {
      if (outcomes_.at(deletion.user)) remove(deletion);
    }
    for (const auto& upsertion : alteration.upsertions) {
      if (outcomes_.at(upsertion.user)) set(upsertion);
    }
    for (auto& [user, outcome] : outcomes_) decision_.results.push_back({user, std::move(outcome)});
    return std::move(decision_);
  }

 private:
  // The first error of a user is the one that is told.
  void note(const std::string& user, Result<void> outcome) {
    auto& known = outcomes_[user];
    if (known && !outcome) known = std::move(outcome);
  }

  Result<ScramMechanism> check_key(const std::string& user, std::int8_t number) {
    if (user.empty()) return unacceptable("the user has no name");
    if (user.size() > kMostUserBytes) {
      return unacceptable("the user's name is longer than " + std::to_string(kMostUserBytes) +
                          " bytes");
    }
    const auto mechanism = protocol::scram_mechanism(number);
    if (!mechanism) {
      return Error(ErrorCode::unsupported_sasl_mechanism,
                   "there is no SCRAM mechanism " + std::to_string(number));
    }
    if (!keys_.emplace(user, *mechanism).second) {
      return Error(ErrorCode::duplicate_resource,
                   "the request names a user's mechanism more than once");
    }
    return *mechanism;
  }

  Result<void> check(const ScramDeletion& deletion) {
    const auto mechanism = check_key(deletion.user, deletion.mechanism);
    if (!mechanism) return mechanism.error();
    if (image_.scram_credential(deletion.user, *mechanism) != nullptr) return {};
    return Error(ErrorCode::resource_not_found,
                 "the user has no credential of " + std::string(to_string(*mechanism)));
  }

  Result<void> check(const ScramUpsertion& upsertion) {
    const auto mechanism = check_key(upsertion.user, upsertion.mechanism);
    if (!mechanism) return mechanism.error();
    if (upsertion.iterations < protocol::kLeastScramIterations ||
        upsertion.iterations > protocol::kMostScramIterations) {
      return unacceptable("expected from " + std::to_string(protocol::kLeastScramIterations) +
                          " to " + std::to_string(protocol::kMostScramIterations) +
                          " iterations, but there are " + std::to_string(upsertion.iterations));
    }
    if (upsertion.salt.empty() || upsertion.salt.size() > kMostSaltBytes) {
      return unacceptable("expected a salt of 1 to " + std::to_string(kMostSaltBytes) + " bytes");
    }
    const auto size = base::size_of(protocol::hash_of(*mechanism));
    if (upsertion.salted_password.size() != size) {
      return unacceptable("a salted password of " + std::string(to_string(*mechanism)) + " has " +
                          std::to_string(size) + " bytes");
    }
    return {};
  }

  void remove(const ScramDeletion& deletion) {
    RemoveUserScramCredentialRecord record;
    record.name = deletion.user;
    record.mechanism = deletion.mechanism;
    decision_.records.push_back(record);
  }

  void set(const ScramUpsertion& upsertion) {
    auto credential = protocol::make_scram_credential(
        *protocol::scram_mechanism(upsertion.mechanism), upsertion.salted_password, upsertion.salt,
        upsertion.iterations);
    UserScramCredentialRecord record;
    record.name = upsertion.user;
    record.mechanism = upsertion.mechanism;
    record.salt.view = upsertion.salt;
    record.stored_key.view = decision_.made.emplace_back(std::move(credential.stored_key));
    record.server_key.view = decision_.made.emplace_back(std::move(credential.server_key));
    record.iterations = upsertion.iterations;
    decision_.records.push_back(record);
  }

  const MetadataImage& image_;
  std::map<std::string, Result<void>> outcomes_;
  std::set<std::pair<std::string, ScramMechanism>> keys_;
  Decision<AlterScramResult> decision_;
};

}  // namespace

Decision<AlterScramResult> decide_alter_scram(const ScramAlteration& alteration,
                                              const MetadataImage& image) {
  return ScramAlterer(image).decide(alteration);
}

}  // namespace ottla::broker
