//! The numbers of one finished run.

use serde_json::{Value, json};
use sim_core::{Metric, ResultSink, SinkError, Summary};

use crate::key::RunKey;
use crate::name::Name;

/// One number of a run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MetricValue {
    /// Full name: family and label.
    pub name: Name,
    /// Unit of the value; `1` for ratios.
    pub unit: Name,
    /// The number; finite.
    pub value: f64,
}

/// A sink that collects numbers in the order in which they come, and leaves out what is not finite.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scalars(pub Vec<MetricValue>);

impl ResultSink for Scalars {
    fn scalar(&mut self, metric: &'static Metric, label: &str, value: f64) -> Result<(), SinkError> {
        if value.is_finite() {
            let name = match label {
                "" => Name::new(metric.name),
                label => Name::new(&format!("{}{label}", metric.name)),
            };
            self.0.push(MetricValue { name, unit: Name::new(metric.unit), value });
        }
        Ok(())
    }
}

/// What a run came to.
#[derive(Clone, PartialEq, Debug)]
pub struct RunRecord {
    /// Which run.
    pub key: RunKey,
    /// Digest of its events.
    pub fingerprint: u128,
    /// Its events.
    pub events: u64,
    /// Jobs that were submitted, whatever the measured window.
    pub submitted: u64,
    /// Its last instant \[ns\].
    pub end_ns: u64,
    /// Its numbers, in the order of [`METRICS`](crate::METRICS).
    pub metrics: Vec<MetricValue>,
}

impl RunRecord {
    /// The record of a run that came to `summary`.
    pub fn new(key: RunKey, summary: &Summary, scalars: Scalars) -> Self {
        Self {
            key,
            fingerprint: summary.fingerprint,
            events: summary.events,
            submitted: summary.submitted,
            end_ns: summary.end.as_ns(),
            metrics: scalars.0,
        }
    }

    /// The value of the metric of that full name.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
    }

    /// The fingerprint as 32 hexadecimal digits.
    pub fn fingerprint_hex(&self) -> String {
        format!("{:032x}", self.fingerprint)
    }

    /// Everything but the metrics.
    pub(crate) fn head_json(&self) -> Value {
        let key = &self.key;
        let params: serde_json::Map<_, _> =
            key.axes.iter().map(|(axis, value)| (axis.clone(), Value::from(value.clone()))).collect();
        json!({
            "id": key.id(),
            "policy": key.policy,
            "predictor": key.predictor,
            "information": key.information,
            "seed": key.seed,
            "params": params,
            "fingerprint": self.fingerprint_hex(),
            "events": self.events,
            "submitted": self.submitted,
            "end_ns": self.end_ns,
        })
    }

    /// Reads [`RunRecord::head_json`] back, without metrics; `None` if that is not one.
    pub(crate) fn from_head(head: &Value) -> Option<Self> {
        let text = |name: &str| head[name].as_str().map(str::to_owned);
        let axes = head["params"].as_object()?.iter();
        let axes: Option<Vec<_>> =
            axes.map(|(axis, value)| Some((axis.clone(), value.as_str()?.to_owned()))).collect();
        Some(Self {
            key: RunKey {
                policy: text("policy")?,
                predictor: text("predictor")?,
                information: text("information")?,
                seed: head["seed"].as_u64()?,
                axes: axes?,
                content: RunKey::content_of(head["id"].as_str()?)?,
            },
            fingerprint: u128::from_str_radix(head["fingerprint"].as_str()?, 16).ok()?,
            events: head["events"].as_u64()?,
            submitted: head["submitted"].as_u64()?,
            end_ns: head["end_ns"].as_u64()?,
            metrics: Vec::new(),
        })
    }

    /// The whole record.
    pub(crate) fn to_json(&self) -> Value {
        let metric = |metric: &MetricValue| json!([metric.name.as_str(), metric.unit.as_str(), metric.value]);
        let mut json = self.head_json();
        json["metrics"] = self.metrics.iter().map(metric).collect();
        json
    }

    /// Reads [`RunRecord::to_json`] back, to the last bit; `None` if that is not one.
    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        let metric = |json: &Value| {
            Some(MetricValue {
                name: json[0].as_str()?.into(),
                unit: json[1].as_str()?.into(),
                value: json[2].as_f64()?,
            })
        };
        let metrics = json["metrics"].as_array()?.iter().map(metric).collect::<Option<Vec<_>>>()?;
        Some(Self { metrics, ..Self::from_head(json)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn records_survive_json_to_the_last_bit() {
        let mut before = record("p", 3, 0.1 + 0.2);
        before.metrics.push(MetricValue { name: "odd".into(), unit: "s".into(), value: 5e-324 });
        let text = before.to_json().to_string();
        assert_eq!(RunRecord::from_json(&serde_json::from_str(&text).unwrap()), Some(before));
    }

    #[test]
    fn what_is_not_a_number_is_left_out() {
        let mut scalars = Scalars::default();
        scalars.scalar(&crate::metrics::UTILIZATION, "cpu", f64::NAN).unwrap();
        scalars.scalar(&crate::metrics::UTILIZATION, "gpu", 0.5).unwrap();
        assert_eq!(scalars.0.len(), 1);
        assert_eq!(scalars.0[0].name, "utilization_gpu");
    }
}
