#include "client/group/java_order.h"

#include <algorithm>
#include <numeric>

namespace ottla::client {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// Takes one code point off the front of `text`, which is not empty.
char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  char32_t point = first;
  if (first >= 0xf0 && first < 0xf8) {
    size = 4;
    point = first & 0x07U;
  } else if (first >= 0xe0 && first < 0xf0) {
    size = 3;
    point = first & 0x0fU;
  } else if (first >= 0xc0 && first < 0xe0) {
    size = 2;
    point = first & 0x1fU;
  } else if (first >= 0x80) {
    point = kReplacement;
  }
  bool whole = size <= text.size();
  for (std::size_t i = 1; whole && i < size; ++i) {
    whole = is_continuation(text[i]);
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(whole ? size : 1);
  return whole ? point : kReplacement;
}

}  // namespace

std::int32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  while (!text.empty()) {
    const auto point = take_code_point(text);
    if (point < 0x10000) {
      hash = 31 * hash + static_cast<std::uint32_t>(point);
      continue;
    }
    const auto beyond = static_cast<std::uint32_t>(point) - 0x10000;
    hash = 31 * hash + (0xd800 + (beyond >> 10U));
    hash = 31 * hash + (0xdc00 + (beyond & 0x3ffU));
  }
  return static_cast<std::int32_t>(hash);
}

bool java_less(std::string_view left, std::string_view right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (l == left.end() || r == right.end()) return l == left.end() && r != right.end();
  // Surrogates lie below U+E000, whose bytes begin with 0xee.
  const auto order = [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value == 0xee || value == 0xef ? value + 0x100U : value;
  };
  return order(*l) < order(*r);
}

std::vector<std::size_t> java_hash_map_order(const std::vector<std::string_view>& keys) {
  std::size_t buckets = 16;
  while (4 * keys.size() > 3 * buckets) buckets *= 2;
  std::vector<std::size_t> bucket_of;
  for (const auto& key : keys) {
    const auto hash = static_cast<std::uint32_t>(java_hash(key));
    bucket_of.push_back((hash ^ (hash >> 16U)) & (buckets - 1));
  }
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return bucket_of[left] < bucket_of[right];
  });
  return order;
}

}  // namespace ottla::client
