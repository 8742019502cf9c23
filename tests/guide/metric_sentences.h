#pragma once

#include <span>
#include <string_view>

namespace ottla::guide {

// What a client's figure tells. `stem` is its name, or its name without "-rate", "-total", "-avg",
// "-max" and their like, which say themselves what they are of.
struct MetricSentence {
  std::string_view stem;
  std::string_view sentence;
};

std::span<const MetricSentence> metric_sentences();

}  // namespace ottla::guide
