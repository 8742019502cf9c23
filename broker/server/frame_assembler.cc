#include "broker/server/frame_assembler.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/endian.h"

namespace ottla::broker {
namespace {

// What a prefix alone takes. Of a frame that has come already more is taken at once.
constexpr std::size_t kFirstAllocation = 4 << 10;

// The first four bytes of what people point at a Kafka port by mistake.
std::string not_kafka(BytesView prefix, std::int32_t size, std::size_t largest,
                      std::string_view limit, SecurityProtocol protocol) {
  if (prefix.starts_with("GET ") || prefix.starts_with("POST") || prefix.starts_with("HEAD") ||
      prefix.starts_with("PUT ") || prefix.starts_with("OPTI") || prefix.starts_with("PRI ")) {
    return "this looks like HTTP; the port speaks Kafka's protocol";
  }
  if (prefix[0] == 0x16 && prefix[1] == 0x03) {
    const std::string name(to_string(protocol));
    return "this looks like a TLS handshake; the listener is " + name +
           ", so the client's security.protocol must be " + name + " too";
  }
  if (size < 0) return "a frame of negative size " + std::to_string(size);
  return "a frame of " + std::to_string(size) + " bytes; " + std::string(limit) + " is " +
         std::to_string(largest);
}

}  // namespace

Result<FrameAssembler::State> FrameAssembler::feed(BytesView& input) {
  if (!under_way_) {
    const auto count = std::min(prefix_.size() - prefix_filled_, input.size());
    std::memcpy(prefix_.data() + prefix_filled_, input.data(), count);
    prefix_filled_ += count;
    input.remove_prefix(count);
    if (prefix_filled_ < prefix_.size()) return State::need_bytes;
    auto begun = begin_frame(input.size());
    if (!begun || *begun == State::need_room) return begun;
  }
  while (!input.empty() && filled_ < size_) {
    const auto room = tail();
    if (room.empty()) return State::need_room;
    const auto count = std::min(room.size(), input.size());
    std::memcpy(room.data(), input.data(), count);
    input.remove_prefix(count);
    stored(count);
  }
  return progress();
}

Result<FrameAssembler::State> FrameAssembler::begin_frame(std::size_t arrived) {
  const auto size = base::load_be<std::int32_t>(prefix_.data());
  if (size < 0 || static_cast<std::size_t>(size) > largest_frame_) {
    return Error(ErrorCode::invalid_request, not_kafka({prefix_.data(), prefix_.size()}, size,
                                                       largest_frame_, why_, protocol_));
  }
  size_ = static_cast<std::size_t>(size);
  const auto first = std::min(size_, std::clamp(arrived, kFirstAllocation, ByteBudget::kSmall));
  frame_.charge = budget_.try_charge(first, size_);
  if (!frame_.charge) return State::need_room;
  under_way_ = true;
  filled_ = 0;
  frame_.bytes = base::SharedBuffer::allocate(first);
  return progress();
}

FrameAssembler::State FrameAssembler::progress() const {
  return under_way_ && filled_ == size_ ? State::frame : State::need_bytes;
}

// A whole frame needs none.
bool FrameAssembler::ensure_room() {
  if (filled_ < frame_.bytes.size()) return true;
  const auto larger_size = std::min(size_, 4 * frame_.bytes.size());
  if (filled_ == size_ || !frame_.charge.try_grow(larger_size)) return false;
  auto larger = base::SharedBuffer::allocate(larger_size);
  std::memcpy(larger.data(), frame_.bytes.data(), filled_);
  frame_.bytes = std::move(larger);
  return true;
}

std::span<char> FrameAssembler::tail() {
  if (!under_way_ || !ensure_room()) return {};
  return {frame_.bytes.data() + filled_, frame_.bytes.size() - filled_};
}

FrameAssembler::State FrameAssembler::stored(std::size_t count) {
  OTTLA_ASSERT(under_way_ && filled_ + count <= size_, "stored past the end of the frame");
  filled_ += count;
  return progress();
}

Frame FrameAssembler::take() {
  OTTLA_ASSERT(progress() == State::frame, "there is no whole frame to take");
  under_way_ = false;
  prefix_filled_ = 0;
  return std::move(frame_);
}

}  // namespace ottla::broker
