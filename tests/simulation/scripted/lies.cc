#include "tests/simulation/scripted/lies.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/endian.h"

namespace ottla::simulation {
namespace {

constexpr std::size_t kSize = 4;            // the frame's size stands first
constexpr std::size_t kHeader = kSize + 4;  // then the correlation id

void set_size(std::string& frame, std::int32_t size) {
  base::store_be(frame.data(), size);
}

void set_true_size(std::string& frame) {
  set_size(frame, static_cast<std::int32_t>(frame.size() - kSize));
}

void put_huge_count(std::string& frame, base::Random& random) {
  constexpr char kCompact[] = "\xff\xff\xff\xff\x07";
  constexpr char kPlain[] = "\x7f\xff\xff\xff";
  const std::size_t at = kHeader + random.below(frame.size() - kHeader);
  const BytesView count = random.one_in(2) ? BytesView(kCompact, 5) : BytesView(kPlain, 4);
  frame.replace(at, std::min(count.size(), frame.size() - at), count);
  set_true_size(frame);
}

}  // namespace

LyingFrame lie_about_bytes(Trick trick, base::SharedBuffer frame, base::Random& random) {
  std::string told(frame.view());
  if (told.size() <= kHeader) return {std::move(frame)};
  switch (trick) {
    case Trick::wrong_correlation_id:
      base::store_be(told.data() + kSize,
                     base::load_be<std::int32_t>(told.data() + kSize) + 1'000'000);
      break;
    case Trick::shorten:
      told.resize(kHeader + random.below(told.size() - kHeader));
      set_true_size(told);
      break;
    case Trick::cut_off:
      told.resize(random.below(told.size()));
      return {base::SharedBuffer::own(std::move(told)), true};
    case Trick::garbage:
      for (std::size_t i = kHeader; i < told.size(); ++i)
        told[i] = static_cast<char>(random.next());
      break;
    case Trick::huge_count:
      put_huge_count(told, random);
      break;
    case Trick::twice:
      told += std::string(told);
      break;
    case Trick::negative_size:
      set_size(told, -1);
      break;
    case Trick::oversized:
      set_size(told, 0x7fffffff);
      break;
    default:
      return {std::move(frame)};
  }
  return {base::SharedBuffer::own(std::move(told))};
}

}  // namespace ottla::simulation
