#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/endian.h"
#include "protocol/messages/all.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/wire/frame.h"
#include "tests/simulation/scripted/scripted_cluster.h"

namespace ottla::simulation {

// One connection to a broker that asks one thing at a time, for tests.
class WireClient final : public base::StreamHandler {
 public:
  WireClient(ScriptedCluster& cluster, SimNode& from, int broker)
      : WireClient(cluster.simulation(), from,
                   {cluster.node(broker).address(), cluster.options().port}) {}

  WireClient(Simulation& simulation, SimNode& from, const base::Endpoint& to)
      : simulation_(simulation) {
    from.transport().connect(to, [this](Result<std::unique_ptr<base::Stream>> stream) {
      stream_ = std::move(stream.value());
      stream_->start(*this);
    });
    simulation_.run_until([this] { return stream_ != nullptr; }, std::chrono::seconds(10));
  }

  template <class Request>
  void send(const Request& request, std::int16_t version) {
    auto frame = protocol::encode_request(request, version, ++correlation_id_, "test").value();
    stream_->write({base::Slice::of(frame.bytes)});
  }

  // The whole frame that came, without its size; none if the connection closed or time is up.
  std::optional<std::string> receive(Duration limit = std::chrono::seconds(10)) {
    std::optional<std::string> frame;
    simulation_.run_until([&] { return take(frame) || closed; }, limit);
    return frame;
  }

  template <class Request>
  Result<typename Request::Response> call(const Request& request, std::int16_t version) {
    send(request, version);
    auto frame = receive();
    if (!frame) return Error(closed ? ErrorCode::connection_closed : ErrorCode::timed_out);
    last_frame = std::move(*frame);
    auto id = protocol::read_correlation_id(last_frame);
    if (!id || *id != correlation_id_) return Error(ErrorCode::corrupt_data, "correlation id");
    auto body = protocol::read_response(last_frame, Request::api, version);
    if (!body) return body.error();
    return protocol::decode<typename Request::Response>(*body, version);
  }

  void on_readable() override {
    char some[4096];
    while (const std::size_t count = stream_->read(some)) heard_.append(some, count);
  }
  void on_closed(const Error&) override { closed = true; }

  bool closed = false;
  std::string last_frame;  // what the last response borrows from

 private:
  bool take(std::optional<std::string>& frame) {
    if (heard_.size() < 4) return false;
    const auto size = base::load_be<std::int32_t>(heard_.data());
    if (size < 0 || heard_.size() - 4 < static_cast<std::size_t>(size)) return false;
    frame = heard_.substr(4, static_cast<std::size_t>(size));
    heard_.erase(0, 4 + static_cast<std::size_t>(size));
    return true;
  }

  Simulation& simulation_;
  std::unique_ptr<base::Stream> stream_;
  std::string heard_;
  std::int32_t correlation_id_ = 0;
};

inline std::string batch_of(int records, const std::string& value,
                            const protocol::ProducerState& producer = {},
                            bool transactional = false) {
  auto builder = protocol::RecordBatchBuilder::growing();
  for (int i = 0; i < records; ++i) {
    EXPECT_TRUE(builder.append(1'700'000'000'000 + i, std::nullopt, value));
  }
  return std::string(builder.close_sealed(producer, transactional));
}

inline protocol::ProduceRequest produce_request(std::string_view topic, std::int32_t partition,
                                                const std::string& batch) {
  protocol::ProduceRequest request;
  request.timeout_ms = 1000;
  const auto parsed = protocol::RecordBatchView::parse(batch);
  if (parsed && parsed->is_transactional()) request.transactional_id = "id";
  request.topic_data.push_back({topic, {}, {{partition, protocol::Records{batch}}}});
  return request;
}

inline protocol::FetchRequest fetch_request(std::string_view topic, std::int32_t partition,
                                            std::int64_t offset, std::int32_t max_wait_ms = 0) {
  protocol::FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = 1;
  protocol::FetchRequest::Partition wanted;
  wanted.partition = partition;
  wanted.fetch_offset = protocol::Offset(offset);
  wanted.partition_max_bytes = 1 << 20;
  request.topics.push_back({topic, {}, {wanted}});
  return request;
}

}  // namespace ottla::simulation
