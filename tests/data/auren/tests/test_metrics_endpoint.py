import requests
import pytest

def test_metrics_endpoint():
    """Ensure metrics endpoint returns valid Prometheus format"""
    response = requests.get("http://localhost:8888/metrics")
    assert response.status_code == 200
    assert "# HELP" in response.text
    assert "# TYPE" in response.text
    assert "python_gc_objects_collected_total" in response.text

def test_prometheus_targets():
    """Ensure critical targets are up"""
    response = requests.get("http://localhost:9090/api/v1/targets")
    data = response.json()
    
    critical_jobs = ["biometric-api", "prometheus"]
    for target in data["data"]["activeTargets"]:
        if target["labels"]["job"] in critical_jobs:
            assert target["health"] == "up"
