#include "client/network/request.h"

#include "base/assert.h"

namespace ottla::client {

std::vector<base::Segment> to_segments(OutgoingFrame frame) {
  const auto& places = frame.frame.external;
  OTTLA_ASSERT(places.size() == frame.batches.size(), "every batch has its place in the frame");
  std::vector<base::Segment> segments;
  segments.reserve(2 * places.size() + 1);
  const BytesView bytes = frame.frame.bytes.view();
  std::size_t written = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto before = bytes.substr(written, places[i].position - written);
    if (!before.empty()) segments.emplace_back(base::Slice::of(frame.frame.bytes, before));
    written = places[i].position;
    segments.emplace_back(std::move(frame.batches[i]));
  }
  const auto rest = bytes.substr(written);
  if (!rest.empty()) segments.emplace_back(base::Slice::of(frame.frame.bytes, rest));
  return segments;
}

}  // namespace ottla::client
