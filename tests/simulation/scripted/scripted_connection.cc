#include "tests/simulation/scripted/scripted_connection.h"

#include <utility>

#include "base/endian.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

ScriptedConnection::ScriptedConnection(ScriptedBroker& broker, std::uint64_t number,
                                       std::unique_ptr<base::Stream> stream)
    : broker_(broker), number_(number), stream_(std::move(stream)) {}

void ScriptedConnection::on_readable() {
  char some[16384];
  while (const std::size_t count = stream_->read(some)) unread_.append(some, count);
  // A handler may hang up; the broker lets go of us then.
  const auto self = shared_from_this();
  read_frames();
}

void ScriptedConnection::read_frames() {
  std::size_t at = 0;
  while (stream_ && unread_.size() - at >= 4) {
    const auto size = base::load_be<std::int32_t>(unread_.data() + at);
    if (size < 0 || static_cast<std::size_t>(size) > broker_.cluster().options().max_request_size) {
      broker_.cluster().note_bad_request();
      hang_up();
      return;
    }
    const auto length = static_cast<std::size_t>(size);
    if (unread_.size() - at - 4 < length) break;
    at += 4 + length;
    on_frame(BytesView(unread_).substr(at - length, length));
  }
  unread_.erase(0, at);
}

void ScriptedConnection::on_frame(BytesView bytes) {
  const auto frame = base::SharedBuffer::copy_of(bytes);
  auto request = protocol::read_request(frame.view());
  if (!request) {
    broker_.cluster().note_bad_request();
    hang_up();
    return;
  }
  const std::uint64_t place = first_place_ + places_.size();
  places_.emplace_back();
  const ApiKey api = request->header.api_key;
  const Rule rule = broker_.cluster().match(broker_.id(), api);
  auto exchange =
      std::make_shared<Exchange>(broker_, weak_from_this(), frame, *request, rule, place);
  broker_.cluster().note(
      {broker_.node().loop().now(), broker_.id(), number_, api, exchange->version()});
  if (rule.trick == Trick::stall) return;
  if (rule.trick == Trick::close_before) {
    hang_up();
    return;
  }
  broker_.handle(exchange, *this);
}

void ScriptedConnection::on_closed(const Error&) {
  hang_up();
}

void ScriptedConnection::answer(std::uint64_t place, base::SharedBuffer frame, bool then_hang_up) {
  if (!stream_ || place < first_place_) return;
  Place& taken = places_[static_cast<std::size_t>(place - first_place_)];
  if (taken.ready) return;
  taken = {true, then_hang_up, std::move(frame)};
  send_what_is_ready();
}

void ScriptedConnection::send_what_is_ready() {
  std::vector<base::Segment> segments;
  bool closes = false;
  while (!places_.empty() && places_.front().ready && !closes) {
    if (places_.front().frame) segments.emplace_back(base::Slice::of(places_.front().frame));
    closes = places_.front().then_hang_up;
    places_.pop_front();
    ++first_place_;
  }
  if (!segments.empty()) stream_->write(std::move(segments));
  if (closes) hang_up();
}

void ScriptedConnection::hang_up() {
  if (!stream_) return;
  const auto self = shared_from_this();
  stream_.reset();
  broker_.forget(*this);
}

}  // namespace ottla::simulation
