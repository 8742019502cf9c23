#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ottla/consumer_interceptor.h"
#include "ottla/interceptor.h"
#include "ottla/serde.h"

namespace ottla::interceptors {

// What one end knows of the records that one source sent to one topic within one window of time.
struct AuditWindow {
  std::string source{};
  std::string topic{};
  Timestamp start{};
  std::uint64_t count = 0;     // sent: acknowledged; received: handed out, again and again included
  std::uint64_t checksum = 0;  // the sum of the hashes of those, modulo 2^64
  std::uint64_t uncertain = 0;  // sent: not acknowledged, but the cluster may have them
  std::uint64_t altered = 0;    // received: key or value are not those that were sent

  bool operator==(const AuditWindow&) const = default;
};

// A window of which the two ends say different things.
struct AuditDifference {
  std::string source{};
  std::string topic{};
  Timestamp start{};
  std::uint64_t lost = 0;     // sent and not received
  std::uint64_t surplus = 0;  // received more often than sent: read again, or duplicates
  std::uint64_t altered = 0;
  bool other_records = false;  // as many, but not the same ones

  bool operator==(const AuditDifference&) const = default;
};

// Compares what producers sent with what consumers received, in windows that are over on both ends;
// windows of the same name on one side are added up. Nothing: nothing was lost, altered or added.
std::vector<AuditDifference> compare(const std::vector<AuditWindow>& sent,
                                     const std::vector<AuditWindow>& received);

struct AuditOptions {
  // Who sends: an application or an instance of one; 1 to 100 bytes. Consumers need none.
  std::string source{};
  std::chrono::milliseconds window{60'000};
  // The most windows that are kept; what does not find room is counted by `unaccounted`.
  std::size_t max_windows = 10'000;
  // The time by which windows are cut; unset: the machine's.
  std::function<Timestamp()> clock{};
};

// Counts records on their way from application to application, so that it can be proved that
// nothing was lost between them. A producer's object gives each record the header `ottla-audit`
// (window, hash, source) and counts what was acknowledged; a consumer's counts what it receives by
// that header. Each end hands out the windows that are over, to be compared wherever both can be
// had:
//
//   const auto audit = std::make_shared<Audit>(AuditOptions{.source = "shop"});
//   ottla::ProducerConfig sending{.bootstrap_servers = "b:9092", .interceptors = {audit}};
//   for (const auto& window : audit->take_sent_before(five_minutes_ago)) publish(window);
//
// First in a producer's list and last in a consumer's, so that both see what the applications do.
// Any thread. Costs a hash of key and value (FNV-1a) and a lock.
class Audit final : public ProducerInterceptor, public ConsumerInterceptor {
 public:
  explicit Audit(AuditOptions options);
  ~Audit() override;
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  // The windows so far, sorted by source, topic and start. Sent and received are kept apart.
  std::vector<AuditWindow> sent() const;
  std::vector<AuditWindow> received() const;

  // The windows that began before `time`, which are forgotten here; sent and received.
  std::vector<AuditWindow> take_sent_before(Timestamp time);
  std::vector<AuditWindow> take_received_before(Timestamp time);

  // Received records without the header, with a malformed one, and such as found no room.
  std::uint64_t unaccounted() const;

  void on_send(MutableRecord& record) override;
  void on_outcome(const SendOutcome& outcome) override;
  void on_consume(MutableRecords& records) override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ottla::interceptors

// One line of text, to send windows to a topic with.
template <>
struct ottla::Serde<ottla::interceptors::AuditWindow> {
  static void write(const interceptors::AuditWindow& window, Bytes& out);
  static Result<interceptors::AuditWindow> read(BytesView in);
};
