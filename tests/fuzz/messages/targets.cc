#include "tests/fuzz/messages/targets.h"

#include <cctype>

#include "protocol/messages/all.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/json.h"
#include "tests/protocol/allocation_count.h"
#include "tests/protocol/randomize.h"

namespace ottla::fuzz {
namespace {

using namespace protocol;

template <class M>
void leave_alone(M&) {}

template <class M>
std::int16_t chosen_version(char choice) {
  const int count = M::api.max - M::api.min + 1;
  return static_cast<std::int16_t>(M::api.min + static_cast<unsigned char>(choice) % count);
}

template <class M>
std::string check_comes_back(const M& message, std::int16_t version) {
  const auto again = encode_body(message, version);
  if (!again) return "cannot be written: " + again.error().to_string();
  const auto back = decode<M>(again->bytes.view(), version);
  if (!back) return "cannot be read back: " + back.error().to_string();
  return *back == message ? "" : "comes back as another message: " + to_json(*back, version);
}

template <class M, void (*Tamper)(M&) = leave_alone<M>>
std::string fuzz_message(BytesView input) {
  if (input.empty()) return "";
  const std::int16_t version = chosen_version<M>(input[0]);
  const BytesView body = input.substr(1);
  const std::size_t before = bytes_allocated();
  const auto message = decode<M>(body, version);
  const std::size_t taken = bytes_allocated() - before;
  if (taken > 32 * body.size() + 64 * 1024) {
    return "took " + std::to_string(taken) + " bytes for a body of " + std::to_string(body.size());
  }
  if (!message) return "";
  const std::string text = to_json(*message, version);
  if (text.front() != '{' || text.back() != '}') return "is printed as " + text;
  M tampered = *message;
  Tamper(tampered);
  const std::string wrong = check_comes_back(tampered, version);
  if (!wrong.empty()) return wrong;
  return tampered == *message ? "" : "was changed on the way";
}

template <class M>
std::string sample_message(base::Random& random) {
  const char choice = static_cast<char>(random.below(256));
  const std::int16_t version = chosen_version<M>(choice);
  StringArena strings;
  M message;
  Randomize(version, M::api.flexible(version), random, strings).fill(message);
  const auto encoded = encode_body(message, version);
  return choice + std::string(encoded ? encoded->bytes.view() : "");
}

std::string fuzz_frames(BytesView input) {
  const auto request = read_request(input);
  if (request && request->body.size() > input.size()) return "a body larger than its frame";
  for (const Api& api : kApis) {
    const auto body = read_response(input, api, api.max);
    if (body && body->size() + 4 > input.size()) return "a body larger than its frame";
  }
  return "";
}

std::string sample_frame(base::Random& random) {
  const Api& api = kApis[random.below(std::size(kApis))];
  const auto version = static_cast<std::int16_t>(random.below(14));
  return request_prefix(api, version, static_cast<std::int32_t>(random.next()), "client").substr(4);
}

// As a decoder does that forgets a field of newer versions.
void forget_a_field(FetchRequest& request) {
  for (auto& topic : request.topics) {
    for (auto& partition : topic.partitions) partition.last_fetched_epoch = kNoLeaderEpoch;
  }
}

// "ListOffsets" and request: "list_offsets_request".
std::string target_name(const Api& api, Side side) {
  std::string made;
  for (const char letter : api.name) {
    const bool upper = std::isupper(static_cast<unsigned char>(letter)) != 0;
    if (upper && !made.empty()) made += '_';
    made += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return made + '_' + std::string(name(side));
}

std::vector<Target> make_targets() {
  std::vector<Target> made;
  AllApis::for_each_message([&]<class M>() {
    made.push_back({target_name(M::api, M::side), &fuzz_message<M>, &sample_message<M>});
  });
  made.push_back({"frames", &fuzz_frames, &sample_frame});
  return made;
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> all = make_targets();
  return all;
}

const Target& canary() {
  static const Target planted{"canary", &fuzz_message<FetchRequest, forget_a_field>,
                              &sample_message<FetchRequest>};
  return planted;
}

const Target* find_target(std::string_view name) {
  if (name == canary().name) return &canary();
  for (const Target& target : targets()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

}  // namespace ottla::fuzz
