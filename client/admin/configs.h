#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/admin/each_call.h"
#include "ottla/admin.h"

namespace ottla::client {

// A call about resources that have settings. A broker tells and changes its own; the others may be
// asked of any. One request after the other, to one broker each.
template <class Outcome>
class ConfigsCall : public EachCall<ConfigResource, Outcome> {
 public:
  using EachCall<ConfigResource, Outcome>::EachCall;

  bool for_controller() const final { return false; }

 protected:
  using Resources = typename EachCall<ConfigResource, Outcome>::Keys;

  // Settles at once what no broker could be asked for.
  void add(const ConfigResource& resource);

  // Where the next request goes, and for which resources.
  BrokerId next_broker() const { return broker_of(*this->pending().begin()); }
  Resources next_resources() const;

  // Settles each resource that was asked for with `outcome_of(answer)` or the answer's error,
  // unless asking again may help.
  template <class Answer, class OutcomeOf>
  void take_answers(const std::vector<Answer>& answers, OutcomeOf outcome_of);

  Error about(const ConfigResource& resource, const Error& error) const final;
  std::string_view noun() const final { return "resource"; }

 private:
  // kAnyBroker for all but single brokers.
  static BrokerId broker_of(const ConfigResource& resource);
};

class DescribeConfigsCall final : public ConfigsCall<Result<std::vector<ConfigEntry>>> {
 public:
  DescribeConfigsCall(Promise<ConfigDescriptions> promise,
                      const std::vector<ConfigResource>& resources, bool include_synonyms);

  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const bool include_synonyms_;
};

class AlterConfigsCall final : public ConfigsCall<std::optional<Error>> {
 public:
  AlterConfigsCall(Promise<ConfigOutcomes> promise, ConfigChanges changes, bool validate_only);

  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const ConfigChanges changes_;
  const bool validate_only_;
};

}  // namespace ottla::client
