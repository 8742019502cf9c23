#include "broker/server/connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/endian.h"
#include "ottla/api_key.h"

namespace ottla::broker {
namespace {

// A turn spends at most this on one connection, so that the others get theirs.
constexpr std::size_t kMostBytesPerTurn = 256 << 10;
constexpr std::size_t kMostFramesPerTurn = 32;

// How far a client may run ahead of its answers.
constexpr std::size_t kMostOutstanding = 16;
constexpr std::size_t kMostOutstandingBytes = 32 << 20;

// The same for one that has not logged in, what it may leave unread (see below), and how long it
// may take for that.
constexpr std::size_t kMostOutstandingUnknown = 2;
constexpr std::size_t kMostUnsentBytesUnknown = 16 << 10;
constexpr std::size_t kLargestFrameUnknown = 64 << 10;
constexpr auto kAuthenticationPatience = std::chrono::seconds(10);

// A frame that has begun takes memory that others wait for: it must bring at least so much in this
// time, while the connection is read from. Clients give up a request no later.
constexpr auto kFramePatience = std::chrono::seconds(30);
constexpr std::uint64_t kLeastFrameBytes = 64 << 10;

// A client that does not read its answers gets no further request handled.
constexpr std::size_t kMostUnsentBytes = 1 << 20;

// The two numbers that a request begins with, where they are; else those of no request.
std::int16_t number_at(const Frame& frame, std::size_t at) {
  const auto bytes = frame.bytes.view();
  return bytes.size() >= at + 2 ? base::load_be<std::int16_t>(bytes.data() + at) : std::int16_t{-1};
}
ApiKey api_of(const Frame& frame) {
  return static_cast<ApiKey>(number_at(frame, 0));
}

std::size_t size_of(const std::vector<base::Segment>& segments) {
  std::size_t bytes = 0;
  for (const auto& segment : segments) {
    const auto* slice = std::get_if<base::Slice>(&segment);
    bytes += slice != nullptr ? slice->bytes.size() : std::get<base::FileRange>(segment).length;
  }
  return bytes;
}

}  // namespace

Connection::Connection(std::uint64_t id, std::string listener, std::unique_ptr<base::Stream> stream,
                       ConnectionOwner& owner, base::Loop& loop, ByteBudget& budget,
                       const Limits& limits, ClientIdentity identity)
    : id_(id),
      listener_(std::move(listener)),
      owner_(owner),
      loop_(loop),
      budget_(budget),
      limits_(limits),
      stream_(std::move(stream)),
      peer_(stream_->peer()),
      local_(stream_->local()),
      identity_(std::move(identity)),
      reader_(limits.largest_frame, budget, limits.protocol),
      last_activity_(loop.now()),
      most_outstanding_(sasl() ? kMostOutstandingUnknown : kMostOutstanding),
      most_unsent_bytes_(sasl() ? kMostUnsentBytesUnknown : kMostUnsentBytes),
      unknown_(sasl() || limits.protocol == SecurityProtocol::ssl) {
  if (!sasl()) return;
  reader_.set_limit(std::min(limits.largest_frame, kLargestFrameUnknown),
                    "the limit before authentication");
}

Connection::~Connection() {
  loop_.cancel(authentication_timer_);
  loop_.cancel(idle_timer_);
  loop_.cancel(mute_timer_);
  loop_.cancel(frame_watch_.timer);
}

void Connection::start() {
  stream_->start(*this);
  watch_authentication();
  watch_idleness();
}

void Connection::close(const Error& reason) {
  if (!stream_) return;
  const auto self = shared_from_this();
  stream_.reset();
  auto abandoned = std::exchange(slots_, {});
  frames_.clear();
  loop_.cancel(std::exchange(authentication_timer_, base::TimerId::none));
  loop_.cancel(std::exchange(idle_timer_, base::TimerId::none));
  loop_.cancel(std::exchange(mute_timer_, base::TimerId::none));
  loop_.cancel(std::exchange(frame_watch_.timer, base::TimerId::none));
  for (auto& slot : abandoned) {
    if (slot.on_abandoned) slot.on_abandoned();
  }
  owner_.on_connection_closed(id_, reason);
}

void Connection::on_closed(const Error& error) {
  close(error);
}

void Connection::on_readable() {
  const auto self = shared_from_this();
  const std::size_t frames_before = next_request_ + frames_.size();
  std::size_t left = kMostBytesPerTurn;
  while (stream_ && left > 0 && wants_requests() &&
         next_request_ + frames_.size() - frames_before < kMostFramesPerTurn) {
    const auto count = read_some(left);
    if (count == 0) break;
    left -= std::min(left, count);
  }
  continue_reading();
}

std::size_t Connection::read_some(std::size_t most) {
  const auto tail = reader_.tail();
  if (!tail.empty()) {
    const auto count = stream_->read(tail.first(std::min(tail.size(), most)));
    if (count > 0) last_activity_ = loop_.now();
    bytes_read_ += count;
    if (count > 0 && reader_.stored(count) == FrameAssembler::State::frame) take_frame();
    return count;
  }
  const auto scratch = owner_.scratch();
  const auto count = stream_->read(scratch.first(std::min(scratch.size(), most)));
  bytes_read_ += count;
  if (count > 0) feed({scratch.data(), count});
  return count;
}

void Connection::feed(BytesView input) {
  while (stream_) {
    if (!wants_requests()) return keep_for_later(input);
    const auto state = reader_.feed(input);
    if (!state) return close(state.error());
    switch (*state) {
      case FrameAssembler::State::frame:
        take_frame();
        break;
      case FrameAssembler::State::need_bytes:
        return;
      case FrameAssembler::State::need_room:
        waits_for_room_ = true;
        budget_.wait(reader_.frame_size(), lifetime_.guard([this] {
          waits_for_room_ = false;
          loop_.post(lifetime_.guard([this] { continue_reading(); }));
        }));
        return keep_for_later(input);
    }
  }
}

void Connection::keep_for_later(BytesView input) {
  unread_.assign(input);
}

void Connection::take_frame() {
  last_activity_ = loop_.now();
  if (auto named = identity_.learn(*stream_); !named) return close(named.error());
  if (!sasl()) become_known();
  auto frame = reader_.take();
  frame.received = clock_.now();
  outstanding_bytes_ += frame.bytes.size();
  frames_.push_back(std::move(frame));
  hand_out();
}

// Who is muted may finish the frame that has begun, or its memory would be kept from others.
bool Connection::wants_requests() const {
  const bool muted = mute_timer_ != base::TimerId::none;
  return !waits_for_room_ && !last_ && (!muted || reader_.under_way()) &&
         frames_.size() + slots_.size() < most_outstanding_ &&
         outstanding_bytes_ < kMostOutstandingBytes && stream_->queued_bytes() < most_unsent_bytes_;
}

bool Connection::may_hand_out(const Frame& frame) const {
  if (last_) return false;
  if (stream_->queued_bytes() >= most_unsent_bytes_) return false;
  if (slots_.empty()) return true;
  return api_of(frame) == ApiKey::produce && slots_.back().api == ApiKey::produce;
}

Connection::Slot& Connection::make_slot(const Frame& frame) {
  auto& slot = slots_.emplace_back();
  slot.request = next_request_++;
  slot.api = api_of(frame);
  slot.version = number_at(frame, 2);
  slot.bytes = frame.bytes.size();
  slot.times.received = frame.received;
  slot.times.handed_out = clock_.now();
  return slot;
}

Connection::Slot* Connection::find_slot(std::uint64_t request) {
  const auto found = std::find_if(slots_.begin(), slots_.end(),
                                  [&](const Slot& slot) { return slot.request == request; });
  return stream_ && found != slots_.end() ? &*found : nullptr;
}

void Connection::hand_out() {
  if (std::exchange(handing_out_, true)) return;
  const auto self = shared_from_this();
  while (stream_ && !frames_.empty() && may_hand_out(frames_.front())) {
    auto frame = std::move(frames_.front());
    frames_.pop_front();
    const auto request = make_slot(frame).request;
    owner_.on_request(self, std::move(frame), Reply(weak_from_this(), request));
    if (auto* slot = find_slot(request)) {
      slot->times.handled = slot->answered ? slot->times.answered : clock_.now();
    }
    send_answers();
  }
  handing_out_ = false;
}

void Connection::on_reply(std::uint64_t request, std::vector<base::Segment> response) {
  auto* slot = find_slot(request);
  if (slot == nullptr) return;
  slot->answered = true;
  slot->times.answered = clock_.now();
  slot->on_abandoned = nullptr;
  slot->response = std::move(response);
  if (handing_out_) return;
  const auto self = shared_from_this();
  send_answers();
  hand_out();
  continue_reading();
}

void Connection::on_last_reply(std::uint64_t request, std::vector<base::Segment> response,
                               const Error& reason) {
  last_ = reason;
  on_reply(request, std::move(response));
}

void Connection::on_refusal(std::uint64_t, const Error& reason) {
  close(reason);
}

void Connection::on_mute(std::uint64_t request, base::Duration duration) {
  if (auto* slot = find_slot(request)) slot->mute = std::max(slot->mute, duration);
}

void Connection::on_wait(std::uint64_t request, base::Task abandon) {
  auto* slot = find_slot(request);
  if (slot != nullptr && !slot->answered) slot->on_abandoned = std::move(abandon);
}

void Connection::send_answers() {
  while (stream_ && !slots_.empty() && slots_.front().answered) {
    auto slot = std::move(slots_.front());
    slots_.pop_front();
    outstanding_bytes_ -= slot.bytes;
    last_activity_ = loop_.now();
    send_answer(slot);
  }
  note_authentication();
  end_if_last();
}

// Whoever was sent away has heard it.
void Connection::end_if_last() {
  if (stream_ && last_ && slots_.empty() && stream_->queued_bytes() == 0) close(Error(*last_));
}

// Once the client has logged in it is given what others have.
void Connection::note_authentication() {
  if (authentication_timer_ == base::TimerId::none || !sasl()->was_authenticated()) return;
  loop_.cancel(std::exchange(authentication_timer_, base::TimerId::none));
  most_outstanding_ = kMostOutstanding;
  most_unsent_bytes_ = kMostUnsentBytes;
  reader_.set_limit(limits_.largest_frame, "socket.request.max.bytes");
  become_known();
}

void Connection::become_known() {
  if (std::exchange(unknown_, false)) owner_.on_known(id_);
}

void Connection::watch_authentication() {
  if (!sasl()) return;
  authentication_timer_ =
      loop_.call_at(loop_.now() + kAuthenticationPatience, lifetime_.guard([this] {
        authentication_timer_ = base::TimerId::none;
        close(Error(ErrorCode::request_timed_out, "the client did not log in within 10 s"));
      }));
}

void Connection::send_answer(Slot& slot) {
  const auto bytes = size_of(slot.response);
  if (!slot.response.empty()) stream_->write(std::move(slot.response));
  if (slot.mute > base::Duration::zero()) mute(slot.mute);
  slot.times.sent = clock_.now();
  owner_.on_answered(*this, {.api = slot.api,
                             .version = slot.version,
                             .request_bytes = slot.bytes,
                             .response_bytes = bytes,
                             .times = slot.times,
                             .throttled = slot.mute});
}

// The frames that have begun are handled all the same: they are charged, and mute for longer.
void Connection::mute(base::Duration duration) {
  muted_until_ = std::max(muted_until_, loop_.now() + duration);
  if (mute_timer_ == base::TimerId::none) wait_for_voice();
}

void Connection::wait_for_voice() {
  mute_timer_ = loop_.call_at(muted_until_, lifetime_.guard([this] {
    mute_timer_ = base::TimerId::none;
    if (loop_.now() < muted_until_) return wait_for_voice();
    last_activity_ = loop_.now();
    continue_reading();
  }));
}

void Connection::on_drained() {
  const auto self = shared_from_this();
  last_activity_ = loop_.now();
  end_if_last();
  hand_out();
  continue_reading();
}

void Connection::continue_reading() {
  const auto self = shared_from_this();
  if (stream_ && wants_requests() && !unread_.empty()) feed(std::exchange(unread_, {}));
  if (!stream_) return;
  pause_or_resume();
  watch_frame();
}

void Connection::pause_or_resume() {
  const bool pause = !wants_requests();
  if (pause == paused_) return;
  paused_ = pause;
  frame_watch_.was_paused = true;
  if (pause) {
    stream_->pause_reading();
  } else {
    stream_->resume_reading();
  }
}

// One timer at a time, and none while frames come whole.
void Connection::watch_frame() {
  if (!reader_.under_way() || frame_watch_.timer != base::TimerId::none) return;
  frame_watch_.frame = next_request_ + frames_.size();
  frame_watch_.bytes_read = bytes_read_;
  frame_watch_.was_paused = paused_;
  frame_watch_.timer = loop_.call_at(loop_.now() + kFramePatience, lifetime_.guard([this] {
    frame_watch_.timer = base::TimerId::none;
    const bool same = reader_.under_way() && frame_watch_.frame == next_request_ + frames_.size();
    const bool slow = bytes_read_ - frame_watch_.bytes_read < kLeastFrameBytes;
    if (same && slow && !frame_watch_.was_paused) {
      return close(Error(ErrorCode::request_timed_out, "a request has begun and does not come"));
    }
    watch_frame();
  }));
}

// A muted client is not exempt: that it has gone is not noticed while it is not read from.
void Connection::watch_idleness() {
  if (limits_.idle <= base::Duration::zero()) return;
  idle_timer_ = loop_.call_at(last_activity_ + limits_.idle, lifetime_.guard([this] {
    if (slots_.empty() && loop_.now() >= last_activity_ + limits_.idle) {
      return close(Error(ErrorCode::closed, "idle for longer than connections.max.idle.ms"));
    }
    last_activity_ = slots_.empty() ? last_activity_ : loop_.now();
    watch_idleness();
  }));
}

}  // namespace ottla::broker
