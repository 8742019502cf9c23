#pragma once

#include "ottla/admin.h"
#include "ottla/c/admin.h"
#include "ottla/result.h"

struct ottla_admin {
  ottla::Admin admin;
};

namespace ottla::c {

// Of the one thing that was asked for.
template <class Outcomes, class Key>
Result<void> outcome_of(const Result<Outcomes>& outcomes, const Key& key) {
  if (!outcomes) return outcomes.error();
  const auto found = outcomes->find(key);
  if (found == outcomes->end() || !found->second) return {};
  return *found->second;
}

}  // namespace ottla::c
