#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "ottla/consumer_interceptor.h"
#include "ottla/interceptor.h"

namespace ottla::interceptors {

struct MetricsOptions {
  // What the names of all figures begin with: letters, digits and '_'.
  std::string prefix = "ottla";
  // Topics that have figures of their own; those that come later share the label "other".
  std::size_t max_topics = 1000;
};

// Histograms that clients do not keep themselves: how long records take, and how large they are.
// One object serves any number of producers and consumers, and stands in the lists of all:
//
//   const auto metrics = std::make_shared<ottla::interceptors::Metrics>();
//   ottla::ProducerConfig sending{.bootstrap_servers = "b:9092", .interceptors = {metrics}};
//   ottla::ConsumerConfig reading{.bootstrap_servers = "b:9092", .interceptors = {metrics}};
//   serve(metrics->to_prometheus());
//
// Figures, each with the label `topic`:
//   PREFIX_send_seconds           from send to the acknowledgement
//   PREFIX_send_failures_total    records that failed, also by `error`
//   PREFIX_sent_bytes             key and value of the records that were to be sent
//   PREFIX_delivery_seconds       from a record's timestamp to the poll that handed it out, by two
//                                 clocks: one that is before 0 counts as 0
//   PREFIX_received_bytes         key and value of the records that polls handed out
//
// Any thread. Costs some relaxed atomic operations a record and one lock that is hardly ever taken.
class Metrics final : public ProducerInterceptor, public ConsumerInterceptor {
 public:
  explicit Metrics(MetricsOptions options = {});
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The text that Prometheus reads (exposition format 0.0.4).
  std::string to_prometheus() const;

  void on_send(MutableRecord& record) override;
  void on_outcome(const SendOutcome& outcome) override;
  void on_consume(MutableRecords& records) override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ottla::interceptors
